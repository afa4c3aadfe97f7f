/** What a normalised grid means: −1 and 1 are the outer pixels' centres, or their outer edges. */

import type { TapCount } from '../../../shaders/lib/sample.ts';
import type { Padding } from './interpolate.ts';

export interface GridSampleAttributes {
  readonly taps: TapCount;
  readonly padding: Padding;
  readonly alignCorners: boolean;
}

/** Pixels for each unit of the grid; 0 is the middle, at (size − 1) / 2. */
export function gridScale(size: number, alignCorners: boolean): number {
  return alignCorners ? (size - 1) / 2 : size / 2;
}

export interface AffineGridAttributes {
  readonly alignCorners: boolean;
}
