/** The oracles of GatherElements, GatherND, ScatterElements, ScatterND and OneHot. */

import type { ScatterReduction } from '../../../shaders/scatter.ts';
import { type DataType, isBigInt, isFloat, kindOf } from '../../core/dtype.ts';
import {
  allocateLike,
  asNumbers,
  type ReferenceArray,
  type ReferenceTensor,
  wrapInteger,
} from '../../core/reference.ts';
import { normaliseAxis, sizeOf, stridesOf } from '../../core/shape.ts';
import { checkIndex } from '../indices.ts';
import type { Reference, ReferenceContext, ReferenceResult } from '../operator.ts';

/** The elements of `x` at the places. */
function pick(x: ReferenceTensor, places: readonly number[]): ReferenceResult {
  const take = <A extends ReferenceArray>(from: A): A => {
    const to = allocateLike(from, places.length);
    places.forEach((place, at) => {
      to[at] = from[place] as number & bigint;
    });
    return to;
  };
  return {
    value: take(x.value),
    magnitude: x.magnitude && take(x.magnitude),
    slack: x.slack && take(x.slack),
    terms: x.terms,
  };
}

/** Coordinates of all elements, row-major. */
function* coordinatesOf(dims: readonly number[]): Generator<number[]> {
  const coordinate = dims.map(() => 0);
  const size = sizeOf(dims);
  for (let index = 0; index < size; index++) {
    yield coordinate;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      coordinate[axis] = (coordinate[axis] as number) + 1;
      if ((coordinate[axis] as number) < (dims[axis] as number)) break;
      coordinate[axis] = 0;
    }
  }
}

/** Where each element of `indices` points: its own coordinate, but for the one along the axis. */
function elementPlaces(
  data: ReferenceTensor,
  indices: ReferenceTensor,
  attribute: number,
): number[] {
  const axis = normaliseAxis(attribute, data.dims.length);
  const strides = stridesOf(data.dims);
  const picked = asNumbers(indices);
  const places: number[] = [];
  for (const coordinate of coordinatesOf(indices.dims)) {
    const index = checkIndex(picked[places.length] as number, data.dims[axis] as number);
    places.push(
      coordinate.reduce(
        (sum, at, dim) => sum + (dim === axis ? index : at) * (strides[dim] as number),
        0,
      ),
    );
  }
  return places;
}

/** Where each element that the tuples name lies: a tuple names a whole slice of the data. */
function tuplePlaces(data: ReferenceTensor, indices: ReferenceTensor, batchDims: number): number[] {
  const depth = indices.dims.at(-1) as number;
  const strides = stridesOf(data.dims);
  const picked = asNumbers(indices);
  const inner = sizeOf(data.dims.slice(batchDims + depth));
  const places: number[] = [];
  let tuple = 0;
  for (const coordinate of coordinatesOf(indices.dims.slice(0, -1))) {
    let start = 0;
    for (let axis = 0; axis < batchDims; axis++) {
      start += (coordinate[axis] as number) * (strides[axis] as number);
    }
    for (let at = 0; at < depth; at++) {
      const axis = batchDims + at;
      const index = checkIndex(picked[tuple * depth + at] as number, data.dims[axis] as number);
      start += index * (strides[axis] as number);
    }
    for (let at = 0; at < inner; at++) places.push(start + at);
    tuple++;
  }
  return places;
}

export const gatherElementsReference: Reference<{ axis: number }> = ([x, indices], { axis }) => [
  pick(x as ReferenceTensor, elementPlaces(x as ReferenceTensor, indices as ReferenceTensor, axis)),
];

export const gatherNdReference: Reference<{ batchDims: number }> = (
  [x, indices],
  { batchDims },
) => [
  pick(
    x as ReferenceTensor,
    tuplePlaces(x as ReferenceTensor, indices as ReferenceTensor, batchDims),
  ),
];

/** data[places[k]] = data[places[k]] ∘ updates[k], one after the other. */
function scatter(
  data: ReferenceTensor,
  updates: ReferenceTensor,
  places: readonly number[],
  reduction: ScatterReduction,
  { single }: ReferenceContext,
): ReferenceResult {
  const value = data.value.slice();
  const float = isFloat(data.type);
  const magnitude = float
    ? (data.magnitude?.slice() ?? (value as Float64Array).map(Math.abs))
    : undefined;
  const hits = new Uint32Array(value.length);
  places.forEach((place, at) => {
    const a = value[place] as number | bigint;
    const b = updates.value[at] as number | bigint;
    hits[place] = (hits[place] as number) + 1;
    if (!float) {
      const exact = combineIntegers(BigInt(a), BigInt(b), reduction);
      value[place] = (
        isBigInt(data.type) ? exact : wrap(data.type, Number(BigInt.asIntN(32, exact)))
      ) as number & bigint;
      return;
    }
    const combined = combineFloats(Number(a), Number(b), reduction);
    value[place] = (single ? Math.fround(combined) : combined) as number & bigint;
    if (!magnitude) return;
    const size = updates.magnitude?.[at] ?? Math.abs(Number(b));
    if (reduction === 'add') magnitude[place] = (magnitude[place] as number) + size;
    else if (reduction === 'mul') magnitude[place] = (magnitude[place] as number) * size;
    else magnitude[place] = Math.abs(Number(value[place]));
  });
  if (!magnitude || reduction === 'none') return { value };
  const most = hits.reduce((max, count) => Math.max(max, count), 0);
  return { value, magnitude, terms: most + 1 + (data.terms ?? 0) + (updates.terms ?? 0) };
}

/** Narrow integers wrap; of truth values only zero or not counts: a sum is "or". */
function wrap(type: DataType, value: number): number {
  return kindOf(type) === 'bool' ? Math.min(value, 1) : wrapInteger(type, value);
}

/** A maximum or minimum with NaN is NaN, as in Max and Min. */
function combineFloats(a: number, b: number, reduction: ScatterReduction): number {
  switch (reduction) {
    case 'add':
      return a + b;
    case 'mul':
      return a * b;
    case 'max':
      return Math.max(a, b);
    case 'min':
      return Math.min(a, b);
    case 'none':
      return b;
  }
}

function combineIntegers(a: bigint, b: bigint, reduction: ScatterReduction): bigint {
  switch (reduction) {
    case 'add':
      return a + b;
    case 'mul':
      return a * b;
    case 'max':
      return a > b ? a : b;
    case 'min':
      return a < b ? a : b;
    case 'none':
      return b;
  }
}

type Reduces = { readonly reduction: ScatterReduction };

export const scatterElementsReference: Reference<Reduces & { axis: number }> = (
  [data, indices, updates],
  { axis, reduction },
  context,
) => {
  const x = data as ReferenceTensor;
  const places = elementPlaces(x, indices as ReferenceTensor, axis);
  return [scatter(x, updates as ReferenceTensor, places, reduction, context)];
};

export const scatterNdReference: Reference<Reduces> = (
  [data, indices, updates],
  { reduction },
  context,
) => {
  const x = data as ReferenceTensor;
  const places = tuplePlaces(x, indices as ReferenceTensor, 0);
  return [scatter(x, updates as ReferenceTensor, places, reduction, context)];
};

/** output[…, d, …] = indices[…] is d (or d − depth) ? values[1] : values[0] */
export const oneHotReference: Reference<{ axis: number }> = (
  [indices, , values],
  attributes,
  { outputs },
) => {
  const [output] = outputs;
  if (!indices || !values || !output) throw new TypeError('OneHot takes three inputs');
  const axis = normaliseAxis(attributes.axis, output.dims.length);
  const depth = output.dims[axis] as number;
  // Fractions are cut off; NaN counts as 0, as it does in Cast.
  const picked = asNumbers(indices).map((index) => Math.trunc(index) || 0);
  const inner = sizeOf(output.dims.slice(axis + 1));
  const places = Array.from({ length: sizeOf(output.dims) }, (_, at) => {
    const outer = Math.floor(at / (inner * depth));
    const index = picked[outer * inner + (at % inner)] as number;
    const d = Math.floor(at / inner) % depth;
    return index === d || index + depth === d ? 1 : 0;
  });
  return [pick(values, places)];
};
