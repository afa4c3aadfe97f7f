/** Values of the float64 oracle, and their conversion from and to stored tensors. */

import {
  allocate,
  bytesPerElement,
  type DataType,
  float16ToNumber,
  isBigInt,
  kindOf,
  numberToFloat16,
  type TypedArray,
} from './dtype.ts';
import { elementsOf, type HostTensor, hostTensor } from './tensor.ts';

export type ReferenceArray = Float64Array | BigInt64Array | BigUint64Array;

/**
 * A value as the oracle computes it: float64 for every type but int64 and uint64.
 *
 * `magnitude` holds, for each element, the sum of the absolute values of everything added up on
 * the way to it, `terms` how many there were; together they bound the rounding error of any
 * order of summation in a narrower type. An operator that receives inputs with a magnitude uses
 * it in place of |x| for its own magnitude and adds their terms: so the composition of a fused
 * node's originals carries the right bound. `slack` is an absolute error bound for each element
 * that stems from function approximation (exp, tanh, …) rather than summation.
 */
export interface ReferenceValue {
  readonly value: ReferenceArray;
  readonly magnitude?: Float64Array | undefined;
  readonly terms?: number | undefined;
  readonly slack?: Float64Array | undefined;
}

export interface ReferenceTensor extends ReferenceValue {
  readonly type: DataType;
  readonly dims: readonly number[];
}

/** Zeros for `size` values of a type. */
export function referenceArray(type: DataType, size: number): ReferenceArray {
  return isBigInt(type) ? (allocate(type, size) as ReferenceArray) : new Float64Array(size);
}

/** Zeros in an array of the same kind (float64, int64, uint64). */
export function allocateLike<A extends ReferenceArray>(value: A, length: number): A {
  return new (value.constructor as new (length: number) => A)(length);
}

/** The elements as numbers, those of int64 and uint64 too: shapes, axes, indices. */
export function asNumbers(tensor: ReferenceTensor): number[] {
  return Array.from(tensor.value as ArrayLike<number | bigint>, Number);
}

/** float64 elements of a tensor that is not int64 or uint64. */
export function numbersOf(tensor: ReferenceTensor): Float64Array {
  if (!(tensor.value instanceof Float64Array)) {
    throw new TypeError(`expected float64 reference values, found ${tensor.type}`);
  }
  return tensor.value;
}

/** |x|, or what was summed up to get x. */
export function magnitudeOf(tensor: ReferenceTensor): Float64Array {
  return tensor.magnitude ?? numbersOf(tensor).map(Math.abs);
}

/** A stored tensor as the oracle sees it (exact). */
export function toReference(tensor: HostTensor): ReferenceTensor {
  const { type, dims } = tensor;
  const elements = elementsOf(tensor);
  if (isBigInt(type)) {
    return { type, dims, value: elements.slice() as BigInt64Array | BigUint64Array };
  }
  if (type === 'float16') {
    return { type, dims, value: Float64Array.from(elements as Uint16Array, float16ToNumber) };
  }
  return { type, dims, value: Float64Array.from(elements as ArrayLike<number>) };
}

/** Rounds (floats) or wraps (integers) the oracle's values to their stored type. */
export function fromReference(tensor: ReferenceTensor): HostTensor {
  const { type, dims, value } = tensor;
  const result = allocate(type, value.length);
  if (isBigInt(type)) {
    const target = result as BigInt64Array | BigUint64Array;
    for (let index = 0; index < value.length; index++)
      target[index] = BigInt(value[index] as bigint);
    return hostTensor(type, dims, result);
  }
  const target = result as Exclude<TypedArray, BigInt64Array | BigUint64Array>;
  const kind = kindOf(type);
  for (let index = 0; index < value.length; index++) {
    const number = Number(value[index]);
    if (type === 'float16') target[index] = numberToFloat16(number);
    else if (kind === 'bool') target[index] = number === 0 ? 0 : 1;
    else target[index] = number; // the array type rounds floats and wraps integers
  }
  return hostTensor(type, dims, result);
}

/** Unit roundoff of a stored float type. */
export function unitRoundoff(type: DataType): number {
  return type === 'float16' ? 2 ** -11 : type === 'float64' ? 2 ** -53 : 2 ** -24;
}

/** Wraps a number to an integer type's range, as two's complement arithmetic does. */
export function wrapInteger(type: DataType, value: number): number {
  const bits = bytesPerElement(type) * 8;
  const span = 2 ** bits;
  const positive = ((Math.trunc(value) % span) + span) % span;
  return kindOf(type) === 'int' && positive >= span / 2 ? positive - span : positive;
}
