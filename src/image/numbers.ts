/** A tensor's elements as numbers, whatever their type. */

import { type DataType, float16ToNumber, type TypedArray } from '../core/dtype.ts';

export function numbersOf(type: DataType, data: TypedArray): ArrayLike<number> {
  if (type === 'float16') return Float64Array.from(data as Uint16Array, float16ToNumber);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float64Array.from(data as BigInt64Array, Number);
  }
  return data;
}
