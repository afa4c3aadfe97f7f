/** NonZero, Compress and Unique: elements, slices or places that the data chooses. */

import { viewElements } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type ReferenceArray, toReference } from '../../core/reference.ts';
import { type Dim, formatDims, normaliseAxis, sizeOf } from '../../core/shape.ts';
import { type HostTensor, hostTensor } from '../../core/tensor.ts';
import { invalidShape } from '../dims.ts';
import type { AnyOperator, AttributeReader } from '../operator.ts';
import { defineSelection } from './selection.ts';

/** Coordinates of the elements that are not zero, axis by axis; NaN is not zero. */
const nonZero = defineSelection<null>({
  type: 'NonZero',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: () => null,
  types: ([x]) => (x ? [{ type: 'int64', dims: [x.dims.length, 'nonzero'] }] : []),
  compute([x]) {
    const { dims, value } = toReference(x as HostTensor);
    const found: number[] = [];
    value.forEach((element: number | bigint, index: number) => {
      if (Number(element) !== 0) found.push(index);
    });
    const result = new BigInt64Array(dims.length * found.length);
    let inner = value.length;
    dims.forEach((size, axis) => {
      inner = size === 0 ? 0 : inner / size;
      found.forEach((index, at) => {
        result[axis * found.length + at] = BigInt(Math.floor(index / inner) % size);
      });
    });
    return [hostTensor('int64', [dims.length, found.length], result)];
  },
});

interface AxisAttributes {
  /** Undefined: the elements of the flattened tensor. */
  readonly axis: number | undefined;
}

const axisOf = (source: AttributeReader): AxisAttributes => ({
  axis: source.has('axis') ? source.int('axis') : undefined,
});

/** A tensor as slices along an axis, flattened where there is none. */
function slicesOf({ dims }: { readonly dims: readonly number[] }, { axis }: AxisAttributes) {
  if (axis === undefined) return { outer: 1, size: sizeOf(dims), inner: 1, before: [], after: [] };
  const at = normaliseAxis(axis, dims.length);
  const [before, after] = [dims.slice(0, at), dims.slice(at + 1)];
  return { outer: sizeOf(before), size: dims[at] as number, inner: sizeOf(after), before, after };
}

/** The slices at `picked`, in that order. */
function takeSlices(
  x: HostTensor,
  attributes: AxisAttributes,
  picked: readonly number[],
): HostTensor {
  const { outer, size, inner, before, after } = slicesOf(x, attributes);
  const width = sizeOf(x.dims) === 0 ? 0 : (x.bytes.length / sizeOf(x.dims)) * inner;
  const bytes = new Uint8Array(outer * picked.length * width);
  for (let row = 0; row < outer; row++) {
    picked.forEach((index, at) => {
      const from = (row * size + index) * width;
      bytes.set(x.bytes.subarray(from, from + width), (row * picked.length + at) * width);
    });
  }
  return { type: x.type, dims: [...before, picked.length, ...after], bytes };
}

function symbolic(dims: readonly Dim[], { axis }: AxisAttributes, name: string): readonly Dim[] {
  if (axis === undefined) return [name];
  return dims.with(normaliseAxis(axis, dims.length), name);
}

/** The slices for which a condition, possibly shorter than the axis, is true. */
const compress = defineSelection<AxisAttributes>({
  type: 'Compress',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: axisOf,
  types([x, condition], attributes) {
    if (!x || !condition) return [];
    if (condition.type !== 'bool' || condition.dims.length !== 1) {
      throw new WgconvError(
        'wrong-type',
        `the condition must be a list of bool, not ${condition.type} of shape ${formatDims(condition.dims)}`,
      );
    }
    return [{ type: x.type, dims: symbolic(x.dims, attributes, 'compressed') }];
  },
  compute([x, condition], attributes) {
    const data = x as HostTensor;
    const picked = [...viewElements('bool', (condition as HostTensor).bytes)].flatMap((yes, at) =>
      yes ? [at] : [],
    );
    const { size } = slicesOf(data, attributes);
    if ((picked.at(-1) ?? -1) >= size) {
      invalidShape(
        `the condition is true at ${picked.at(-1)}, but there are only ${size} elements to choose from`,
      );
    }
    return [takeSlices(data, attributes, picked)];
  },
});

interface UniqueAttributes extends AxisAttributes {
  readonly sorted: boolean;
}

/**
 * Distinct elements or slices, where each first occurs, which of them every element is, and how
 * often each occurs. NaN equals NaN and comes last, as in numpy.
 */
const unique = defineSelection<UniqueAttributes>({
  type: 'Unique',
  arity: { inputs: [1, 1], outputs: [1, 4] },
  attributes: (source) => ({ ...axisOf(source), sorted: source.int('sorted', 1) !== 0 }),
  types([x], attributes) {
    if (!x) return [];
    const index = { type: 'int64', dims: ['unique'] } as const;
    const inverse = { type: 'int64', dims: ['inverse'] } as const;
    return [{ type: x.type, dims: symbolic(x.dims, attributes, 'unique') }, index, inverse, index];
  },
  compute([input], attributes) {
    const x = input as HostTensor;
    const { value } = toReference(x);
    const { outer, size, inner } = slicesOf(x, attributes);
    const compare = (a: number, b: number) => compareSlices(value, { outer, size, inner }, a, b);
    const order = Array.from({ length: size }, (_, index) => index).sort(
      (a, b) => compare(a, b) || a - b,
    );
    const groups: number[][] = [];
    for (const index of order) {
      const group = groups.at(-1);
      if (group && compare(group[0] as number, index) === 0) group.push(index);
      else groups.push([index]);
    }
    if (!attributes.sorted) groups.sort(([a = 0], [b = 0]) => a - b);
    const inverse = new BigInt64Array(size);
    groups.forEach((group, at) => {
      for (const index of group) inverse[index] = BigInt(at);
    });
    const firsts = groups.map(([first = 0]) => first);
    const int64 = (values: readonly number[]) =>
      hostTensor('int64', [values.length], BigInt64Array.from(values, BigInt));
    return [
      takeSlices(x, attributes, firsts),
      int64(firsts),
      hostTensor('int64', [size], inverse),
      int64(groups.map(({ length }) => length)),
    ];
  },
});

/** Lexicographic, the slices flattened. */
function compareSlices(
  value: ReferenceArray,
  { outer, size, inner }: { outer: number; size: number; inner: number },
  a: number,
  b: number,
): number {
  for (let row = 0; row < outer; row++) {
    for (let at = 0; at < inner; at++) {
      const x = value[(row * size + a) * inner + at] as number | bigint;
      const y = value[(row * size + b) * inner + at] as number | bigint;
      const nan = Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      if (nan !== 0) return nan;
      if (x !== y && !Number.isNaN(x)) return x < y ? -1 : 1;
    }
  }
  return 0;
}

export const selectionOperators: readonly AnyOperator[] = [nonZero, compress, unique];
