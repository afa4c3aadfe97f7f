/** The oracles of data movement: for every output coordinate, which input element lands there. */

import type { PadMode } from '../../../shaders/pad.ts';
import { isBigInt } from '../../core/dtype.ts';
import { allocateLike, asNumbers, type ReferenceTensor } from '../../core/reference.ts';
import { normaliseAxis, sizeOf, stridesOf } from '../../core/shape.ts';
import { checkIndex } from '../indices.ts';
import type { Reference, ReferenceResult } from '../operator.ts';

/** Tells which element of the input (-1: none, the fill) belongs at a coordinate of the output. */
type Pick = (coordinate: readonly number[]) => number;

/** Moves values and, with them, their error bounds. */
function move(
  x: ReferenceTensor,
  dims: readonly number[],
  pick: Pick,
  fill?: number | bigint,
): ReferenceResult {
  const size = sizeOf(dims);
  const value = allocateLike(x.value, size);
  const magnitude = x.magnitude && new Float64Array(size);
  const slack = x.slack && new Float64Array(size);
  const coordinate = dims.map(() => 0);
  for (let index = 0; index < size; index++) {
    const from = pick(coordinate);
    if (from >= 0) {
      value[index] = x.value[from] as number & bigint;
      if (x.magnitude && magnitude) magnitude[index] = x.magnitude[from] as number;
      if (x.slack && slack) slack[index] = x.slack[from] as number;
    } else if (fill !== undefined) {
      value[index] = fill as number & bigint;
      if (magnitude) magnitude[index] = Math.abs(Number(fill));
    }
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      coordinate[axis] = (coordinate[axis] as number) + 1;
      if ((coordinate[axis] as number) < (dims[axis] as number)) break;
      coordinate[axis] = 0;
    }
  }
  return { value, magnitude, terms: x.terms, slack };
}

const dot = (coordinate: readonly number[], strides: readonly number[]) => {
  let sum = 0;
  for (let axis = 0; axis < strides.length; axis++) {
    sum += (coordinate[axis] as number) * (strides[axis] as number);
  }
  return sum;
};

/** The numbers of a shape-like input, where there is one. */
function integers(tensor: ReferenceTensor | undefined): number[] | undefined {
  return tensor && asNumbers(tensor);
}

const first = (inputs: readonly (ReferenceTensor | undefined)[]) => inputs[0] as ReferenceTensor;
const dimsOf = (context: { outputs: readonly { dims: readonly number[] }[] }, index = 0) =>
  (context.outputs[index] as { dims: readonly number[] }).dims;

/** The same elements, whatever the dims: ConvertLayout, Reshape, Identity and the like. */
export const sameReference: Reference<unknown> = ([x], _attributes, { outputs }) => {
  const { value, magnitude, terms, slack } = x as ReferenceTensor;
  const same = { value, magnitude, terms, slack };
  // Dropout's mask: nothing is dropped.
  return outputs.map((_, index) =>
    index === 0 ? same : { value: new Float64Array(value.length).fill(1) },
  );
};

/** output[i] = input[j] with j[perm[k]] = i[k] */
export const transposeReference: Reference<{ perm?: readonly number[] | undefined }> = (
  inputs,
  { perm },
  context,
) => {
  const x = first(inputs);
  const order = perm ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
  const strides = stridesOf(x.dims);
  const permuted = order.map((axis) => strides[axis] as number);
  return [move(x, dimsOf(context), (i) => dot(i, permuted))];
};

/** A transposition of the input seen with the dims `sizes`. */
export const permuteReference: Reference<{
  sizes: readonly number[];
  perm: readonly number[];
}> = (inputs, { sizes, perm }) => {
  const strides = stridesOf(sizes);
  const permuted = perm.map((axis) => strides[axis] as number);
  const dims = perm.map((axis) => sizes[axis] as number);
  return [move(first(inputs), dims, (i) => dot(i, permuted))];
};

/** numpy broadcasting to a shape. */
export const expandReference: Reference<unknown> = (inputs, _attributes, context) => {
  const x = first(inputs);
  const dims = dimsOf(context);
  const strides = stridesOf(x.dims);
  const lead = dims.length - x.dims.length;
  const pick: Pick = (i) =>
    x.dims.reduce(
      (sum, size, axis) =>
        sum + (size === 1 ? 0 : (i[lead + axis] as number)) * (strides[axis] as number),
      0,
    );
  return [move(x, dims, pick)];
};

/** output[i] = input[i mod dims] */
export const tileReference: Reference<unknown> = (inputs, _attributes, context) => {
  const x = first(inputs);
  const strides = stridesOf(x.dims);
  const pick: Pick = (i) =>
    i.reduce(
      (sum, at, axis) => sum + (at % (x.dims[axis] as number)) * (strides[axis] as number),
      0,
    );
  return [move(x, dimsOf(context), pick)];
};

/** Inputs one after the other along an axis. */
export const concatReference: Reference<{ axis: number }> = (inputs, attributes, context) => {
  const parts = inputs.filter((part) => part !== undefined);
  const dims = dimsOf(context);
  const axis = normaliseAxis(attributes.axis, dims.length);
  const value = allocateLike(first(inputs).value, sizeOf(dims));
  const has = (field: 'magnitude' | 'slack') => parts.some((part) => part[field]);
  const magnitude = has('magnitude') ? new Float64Array(value.length) : undefined;
  const slack = has('slack') ? new Float64Array(value.length) : undefined;
  const strides = stridesOf(dims);
  let start = 0;
  for (const part of parts) {
    // Where each element of this part goes.
    let index = 0;
    const from = start;
    move(part, part.dims, (i) => {
      const to = dot(i, strides) + from * (strides[axis] as number);
      value[to] = part.value[index] as number & bigint;
      if (magnitude) magnitude[to] = part.magnitude?.[index] ?? Math.abs(Number(part.value[index]));
      if (slack) slack[to] = part.slack?.[index] ?? 0;
      return index++;
    });
    start += part.dims[axis] as number;
  }
  const terms = parts.reduce((most, part) => Math.max(most, part.terms ?? 0), 0);
  return [{ value, magnitude, slack, terms: terms || undefined }];
};

/** Consecutive runs along an axis. */
export const splitReference: Reference<{ axis: number }> = (inputs, attributes, { outputs }) => {
  const x = first(inputs);
  const axis = normaliseAxis(attributes.axis, x.dims.length);
  const strides = stridesOf(x.dims);
  let start = 0;
  return outputs.map(({ dims }) => {
    const base = start * (strides[axis] as number);
    start += dims[axis] as number;
    return move(x, dims, (i) => base + dot(i, strides));
  });
};

interface SliceReferenceAttributes {
  readonly starts?: readonly number[] | undefined;
  readonly axes?: readonly number[] | undefined;
}

/** output[i] = input[start + i·step]; the number of elements is inference's to say. */
export const sliceReference: Reference<SliceReferenceAttributes> = (
  inputs,
  attributes,
  context,
) => {
  const x = first(inputs);
  const starts = integers(inputs[1]) ?? attributes.starts ?? [];
  const axes = integers(inputs[3]) ?? attributes.axes ?? starts.map((_, axis) => axis);
  const steps = integers(inputs[4]) ?? starts.map(() => 1);
  const own = stridesOf(x.dims);
  const strides = [...own];
  let base = 0;
  starts.forEach((start, index) => {
    const axis = normaliseAxis(axes[index] as number, x.dims.length);
    const size = x.dims[axis] as number;
    const step = steps[index] as number;
    // Negative positions count from the end; then clamp to where a walk may begin.
    const position = start < 0 ? start + size : start;
    const clamped = Math.max(0, Math.min(position, step < 0 ? size - 1 : size));
    base += clamped * (own[axis] as number);
    strides[axis] = step * (own[axis] as number);
  });
  return [move(x, dimsOf(context), (i) => base + dot(i, strides))];
};

interface PadReferenceAttributes {
  readonly mode: PadMode;
  readonly pads?: readonly number[] | undefined;
  readonly value?: number | undefined;
}

/** Negative pads crop first, then the mode extends what is left. */
export const padReference: Reference<PadReferenceAttributes> = (inputs, attributes, context) => {
  const x = first(inputs);
  const rank = x.dims.length;
  const pads = integers(inputs[1]) ?? attributes.pads ?? [];
  const axes = integers(inputs[3]) ?? x.dims.map((_, axis) => axis);
  const begin = new Array<number>(rank).fill(0);
  const end = new Array<number>(rank).fill(0);
  axes.forEach((axis, index) => {
    begin[normaliseAxis(axis, rank)] = pads[index] as number;
    end[normaliseAxis(axis, rank)] = pads[index + axes.length] as number;
  });
  const strides = stridesOf(x.dims);
  const value = attributes.value ?? 0;
  const fill = inputs[2]?.value[0] ?? (isBigInt(x.type) ? BigInt(Math.trunc(value)) : value);
  const pick: Pick = (coordinate) => {
    let from = 0;
    for (let axis = 0; axis < rank; axis++) {
      const [before, after] = [begin[axis] as number, end[axis] as number];
      const low = Math.max(0, -before);
      const size = (x.dims[axis] as number) - low - Math.max(0, -after);
      const at = extend((coordinate[axis] as number) - Math.max(0, before), size, attributes.mode);
      if (at < 0) return -1;
      from += (low + at) * (strides[axis] as number);
    }
    return from;
  };
  return [move(x, dimsOf(context), pick, fill)];
};

/** Position in [0, size) that stands for position `at` outside, or -1. */
function extend(at: number, size: number, mode: PadMode): number {
  if (at >= 0 && at < size) return at;
  switch (mode) {
    case 'constant':
      return -1;
    case 'edge':
      return at < 0 ? 0 : size - 1;
    case 'wrap':
      return ((at % size) + size) % size;
    case 'reflect': {
      if (size === 1) return 0;
      let position = at;
      while (position < 0 || position >= size) {
        position = position < 0 ? -position : 2 * (size - 1) - position;
      }
      return position;
    }
  }
}

/** output[outer, k, inner] = data[outer, indices[k], inner] */
export const gatherReference: Reference<{ axis: number }> = (inputs, attributes, context) => {
  const x = first(inputs);
  const picked = integers(inputs[1]) ?? [];
  const indexDims = inputs[1]?.dims ?? [];
  const axis = normaliseAxis(attributes.axis, x.dims.length);
  const size = x.dims[axis] as number;
  const strides = stridesOf(x.dims);
  const indexStrides = stridesOf(indexDims);
  const innerStrides = strides.slice(axis + 1);
  const pick: Pick = (i) => {
    const at = checkIndex(picked[dot(i.slice(axis), indexStrides)] as number, size);
    const outer = dot(i, strides.slice(0, axis));
    return (
      outer + at * (strides[axis] as number) + dot(i.slice(axis + indexDims.length), innerStrides)
    );
  };
  return [move(x, dimsOf(context), pick)];
};

interface BlockReferenceAttributes {
  readonly blocksize: number;
  readonly mode?: 'DCR' | 'CRD' | undefined;
}

/** Depth becomes blocks of pixels: DCR takes the block from the outer part of the channel. */
export const depthToSpaceReference: Reference<BlockReferenceAttributes> = (
  inputs,
  { blocksize: b, mode },
  context,
) => {
  const x = first(inputs);
  const strides = stridesOf(x.dims);
  const depth = (x.dims[1] as number) / (b * b);
  const pick: Pick = ([n = 0, c = 0, h = 0, w = 0]) => {
    const offset = (h % b) * b + (w % b);
    const channel = mode === 'CRD' ? c * b * b + offset : offset * depth + c;
    return dot([n, channel, Math.floor(h / b), Math.floor(w / b)], strides);
  };
  return [move(x, dimsOf(context), pick)];
};

/** The inverse of DepthToSpace in DCR mode. */
export const spaceToDepthReference: Reference<BlockReferenceAttributes> = (
  inputs,
  { blocksize: b },
  context,
) => {
  const x = first(inputs);
  const strides = stridesOf(x.dims);
  const depth = x.dims[1] as number;
  const pick: Pick = ([n = 0, c = 0, h = 0, w = 0]) => {
    const offset = Math.floor(c / depth);
    return dot([n, c % depth, h * b + Math.floor(offset / b), w * b + (offset % b)], strides);
  };
  return [move(x, dimsOf(context), pick)];
};
