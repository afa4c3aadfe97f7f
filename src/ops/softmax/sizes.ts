/** What softmax runs along: a tensor as [outer, axis, inner]. */

import { normaliseAxis, sizeOf } from '../../core/shape.ts';

export interface SoftmaxAttributes {
  readonly axis: number;
  readonly flatten: boolean;
}

/** A tensor as [outer, axis, inner]. */
export interface SoftmaxSizes {
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
}

export function softmaxSizes(
  dims: readonly number[],
  { axis: given, flatten }: SoftmaxAttributes,
): SoftmaxSizes {
  // Flattening at the rank itself leaves rows of one value; a scalar is one row of one value.
  const rank = dims.length;
  const axis = (flatten && given === rank) || rank === 0 ? rank : normaliseAxis(given, rank);
  const end = flatten ? rank : axis + 1;
  return {
    outer: sizeOf(dims.slice(0, axis)),
    axis: sizeOf(dims.slice(axis, end)),
    inner: sizeOf(dims.slice(end)),
  };
}
