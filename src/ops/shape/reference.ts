/** The oracles of Cast, Constant, ConstantOfShape, Range, Shape and Size. */

import {
  bytesPerElement,
  type DataType,
  float16ToNumber,
  isBigInt,
  kindOf,
  numberToFloat16,
} from '../../core/dtype.ts';
import {
  type ReferenceArray,
  type ReferenceTensor,
  toReference,
  wrapInteger,
} from '../../core/reference.ts';
import { type StaticTensorType, sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import type { ConstantAttributes } from './attributes.ts';

function allocateFor(type: DataType, length: number): ReferenceArray {
  if (type === 'int64') return new BigInt64Array(length);
  return type === 'uint64' ? new BigUint64Array(length) : new Float64Array(length);
}

/**
 * ONNX, Cast: floats are cut towards zero (out of range is undefined; here it saturates, and NaN
 * is 0), integers keep their low bits, bool is "not zero", floats round to the nearest.
 */
function castValue(value: number | bigint, from: DataType, to: DataType): number | bigint {
  const kind = kindOf(to);
  if (kind === 'bool') return Number(value) === 0 ? 0 : 1;
  if (kind === 'float') {
    const number = Number(value);
    if (to === 'float16') return float16ToNumber(numberToFloat16(number));
    return to === 'float32' ? Math.fround(number) : number;
  }
  const bits = bytesPerElement(to) * 8;
  if (kindOf(from) === 'float') {
    const number = Math.trunc(Number(value));
    const low = kind === 'int' ? -(2 ** (bits - 1)) : 0;
    const high = kind === 'int' ? 2 ** (bits - 1) : 2 ** bits;
    if (isBigInt(to)) {
      if (Number.isNaN(number)) return 0n;
      if (number >= high) return BigInt(high) - 1n;
      return BigInt(Math.max(low, number));
    }
    return Number.isNaN(number) ? 0 : Math.max(low, Math.min(number, high - 1));
  }
  if (isBigInt(to)) {
    const whole = BigInt(value);
    return kind === 'int' ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole);
  }
  return wrapInteger(to, Number(BigInt.asIntN(32, BigInt(value))));
}

export const castReference: Reference<unknown> = ([x], _attributes, { outputs }) => {
  const { value, type: from, magnitude, terms, slack } = x as ReferenceTensor;
  const { type: to } = outputs[0] as StaticTensorType;
  const result = allocateFor(to, value.length);
  for (let index = 0; index < value.length; index++) {
    result[index] = castValue(value[index] as number | bigint, from, to) as number & bigint;
  }
  // Only between floats is an error of the input one of the output.
  return [kindOf(to) === 'float' ? { value: result, magnitude, terms, slack } : { value: result }];
};

/** The attribute's value, as often as the output has elements. */
export const constantReference: Reference<ConstantAttributes> = (_inputs, attributes, context) => {
  const { value } = toReference(attributes.value);
  const { type, dims } = context.outputs[0] as StaticTensorType;
  const result = allocateFor(type, sizeOf(dims));
  for (let index = 0; index < result.length; index++) {
    result[index] = value[value.length === 1 ? 0 : index] as number & bigint;
  }
  return [{ value: result }];
};

/** output[i] = start + i·delta */
export const rangeReference: Reference<unknown> = (inputs, _attributes, context) => {
  const [start, , delta] = inputs.map((tensor) => tensor?.value[0]);
  const { type, dims } = context.outputs[0] as StaticTensorType;
  const value = allocateFor(type, sizeOf(dims));
  for (let index = 0; index < value.length; index++) {
    value[index] = (
      isBigInt(type)
        ? (start as bigint) + BigInt(index) * (delta as bigint)
        : Number(start) + index * Number(delta)
    ) as number & bigint;
  }
  if (isBigInt(type)) return [{ value }];
  const magnitude = Float64Array.from(
    value as Float64Array,
    (sum) => Math.abs(Number(start)) + Math.abs(sum),
  );
  return [{ value, magnitude, terms: 2 }];
};

export const shapeReference: Reference<{ start: number; end: number | undefined }> = (
  [x],
  { start, end },
) => {
  const dims = (x as ReferenceTensor).dims.slice(start, end);
  return [{ value: BigInt64Array.from(dims, BigInt) }];
};

export const sizeReference: Reference<unknown> = ([x]) => [
  { value: BigInt64Array.of(BigInt(sizeOf((x as ReferenceTensor).dims))) },
];
