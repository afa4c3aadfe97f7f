/** Which axes a reduction runs along. */

import { normaliseAxis } from '../../core/shape.ts';

export interface ReduceAttributes {
  /** Undefined where the model leaves the axes out, or gives them as an input. */
  readonly axes: readonly number[] | undefined;
  readonly keepDims: boolean;
  readonly noopWithEmptyAxes: boolean;
}

/** The axes that are reduced, counted from the front, in order. */
export function reducedAxes(
  rank: number,
  attributes: ReduceAttributes,
  axesInput: readonly number[] | undefined,
): readonly number[] {
  const axes = axesInput ?? attributes.axes ?? [];
  if (axes.length === 0) {
    return attributes.noopWithEmptyAxes ? [] : Array.from({ length: rank }, (_, axis) => axis);
  }
  return [...new Set(axes.map((axis) => normaliseAxis(axis, rank)))].sort((a, b) => a - b);
}
