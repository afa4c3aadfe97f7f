/** What all normalisations by a row's own statistics are made of. */

import type { RowStatistics } from '../../../shaders/normalise.ts';
import { sizeOf } from '../../core/shape.ts';

/** Where scale and shift are, for the value at a flat position of the tensor. */
export type Affine =
  | { readonly by: 'nothing' }
  /** At its channel, `position / inner % channels`. */
  | { readonly by: 'channel'; readonly inner: number; readonly channels: number }
  /** Broadcast to the tensor, as numpy does. */
  | { readonly by: 'broadcast' };

/** A normalisation of a tensor of known dims. */
export interface Normalisation {
  readonly statistics: RowStatistics;
  /** Dims as the statistics see them, and the axes that they run along. */
  readonly dims: readonly number[];
  readonly axes: readonly number[];
  /** Added to the mean of squares, and to its root. */
  readonly epsilon: number;
  readonly rootEpsilon: number;
  readonly affine: Affine;
}

/** Values of a row. */
export function rowSize({ dims, axes }: Pick<Normalisation, 'dims' | 'axes'>): number {
  return sizeOf(dims.filter((_, axis) => axes.includes(axis)));
}

/** Axes from the first one on. */
export const axesFrom = (first: number, rank: number): number[] =>
  Array.from({ length: rank - first }, (_, index) => first + index);
