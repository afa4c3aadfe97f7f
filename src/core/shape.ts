/** Shapes: symbolic dimensions, sizes, row-major strides, axes and numpy broadcasting. */

import type { DataType } from './dtype.ts';
import { WgconvError } from './errors.ts';

/** A size, or the name of a size that is known only when inputs are ("N", "batch", "N*3"). */
export type Dim = number | string;

/** Element type and shape of a value; dimensions may be symbolic. */
export interface TensorType {
  readonly type: DataType;
  readonly dims: readonly Dim[];
}

/** A `TensorType` whose dimensions are all numbers. */
export interface StaticTensorType extends TensorType {
  readonly dims: readonly number[];
}

export function isStatic(type: TensorType): type is StaticTensorType {
  return type.dims.every((dim) => typeof dim === 'number');
}

/** Number of elements. */
export function sizeOf(dims: readonly number[]): number {
  let size = 1;
  for (const dim of dims) size *= dim;
  return size;
}

/** Row-major strides in elements. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= dims[axis] as number;
  }
  return strides;
}

export function sameDims(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** `[1,3,224,224]`, for messages. */
export function formatDims(dims: readonly Dim[]): string {
  return `[${dims.join(',')}]`;
}

/** An axis counted from the front; throws where it lies outside [-rank, rank). */
export function normaliseAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new WgconvError(
      'invalid-attribute',
      `there is no axis ${axis} in a tensor of rank ${rank}`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Product of dimensions, symbolic where one of them is. */
export function multiplyDims(dims: readonly Dim[]): Dim {
  let size = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') size *= dim;
    else symbols.push(dim);
  }
  if (symbols.length === 0 || size === 0) return size;
  return size === 1 ? symbols.join('*') : `${symbols.join('*')}*${size}`;
}

/** numpy broadcasting of shapes; a symbol against 1 or itself keeps the symbol. */
export function broadcastDims(...shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length));
  const result = new Array<Dim>(rank).fill(1);
  for (const dims of shapes) {
    const offset = rank - dims.length;
    dims.forEach((dim, axis) => {
      const current = result[offset + axis] as Dim;
      if (dim === 1 || dim === current) return;
      if (current === 1 || typeof current === 'string') {
        // A number decides against a symbol: the symbol must then be that number or 1.
        if (typeof dim === 'number' || current === 1) result[offset + axis] = dim;
        return;
      }
      if (typeof dim === 'string') return;
      throw new WgconvError(
        'invalid-shape',
        `shapes ${shapes.map(formatDims).join(' and ')} do not broadcast`,
        { data: { shapes } },
      );
    });
  }
  return result;
}

/**
 * Strides with which a tensor of `dims` is read at the coordinates of `output`
 * (0 along broadcast axes), one for each axis of `output`.
 */
export function broadcastStrides(dims: readonly number[], output: readonly number[]): number[] {
  const own = stridesOf(dims);
  const offset = output.length - dims.length;
  return output.map((_, axis) => {
    const index = axis - offset;
    return index < 0 || dims[index] === 1 ? 0 : (own[index] as number);
  });
}
