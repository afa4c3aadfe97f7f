/** Loops over coordinates and tuples of indices, as the kernels of Gather and Scatter take them. */

import { maxFrameRank } from '../../../shaders/lib/indexed.ts';
import { invalidShape } from '../dims.ts';
import { halves, joinLoops } from '../movement/loops.ts';

/** One dimension of an invocation's coordinates, and what a step along it adds. */
export interface FrameDim {
  readonly size: number;
  /** To the position in the indices. */
  readonly tuple: number;
  /** To the address in the tensor that is indexed. */
  readonly fixed: number;
  /** To the position in the updates. */
  readonly update: number;
}

/** What one index of a tuple counts along. */
export interface FrameAxis {
  readonly size: number;
  readonly stride: number;
}

/**
 * Uniforms of the frame, `dims` outermost first; undefined where there are more dimensions than the
 * kernels take.
 */
export function frameOf(dims: readonly FrameDim[], axes: readonly FrameAxis[]) {
  const inner = joinLoops(dims, ['tuple', 'fixed', 'update']).reverse();
  if (inner.length > maxFrameRank || axes.length > maxFrameRank) return undefined;
  const along = (key: keyof FrameDim) => inner.map((dim) => dim[key]);
  return {
    count: inner.reduce((product, { size }) => product * size, 1),
    rank: inner.length,
    ...halves('sizes', along('size')),
    ...halves('tupleStrides', along('tuple')),
    ...halves('fixedStrides', along('fixed')),
    ...halves('updateStrides', along('update')),
    depth: axes.length,
    ...halves(
      'axisSizes',
      axes.map(({ size }) => size),
    ),
    ...halves(
      'axisStrides',
      axes.map(({ stride }) => stride),
    ),
  };
}

/** How many indices a tuple has: the indices' last dimension. */
export function tupleDepth(indices: readonly (number | string)[], most: number): number {
  const depth = indices.at(-1);
  if (typeof depth === 'number' && depth >= 0 && depth <= most) return depth;
  if (typeof depth === 'string') {
    invalidShape(`the last dimension of the indices, ${depth}, must be known`);
  }
  return invalidShape(
    depth === undefined
      ? 'the indices are a single number, but their last dimension must be that of tuples'
      : `tuples of ${depth} indices are too long for data with ${most} dimensions to index`,
  );
}

/** Indices may have fewer elements than the data along every other axis, never more. */
export function requireWithin(
  indices: readonly (number | string)[],
  data: readonly (number | string)[],
  axis: number,
): void {
  const fits =
    indices.length === data.length &&
    indices.every((size, at) => {
      const limit = data[at];
      return (
        at === axis || typeof size === 'string' || typeof limit === 'string' || size <= (limit ?? 0)
      );
    });
  if (!fits) {
    invalidShape(`indices of shape [${indices}] do not lie in data of shape [${data}]`);
  }
}
