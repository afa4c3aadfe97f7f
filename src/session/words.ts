/** Host elements ↔ the words a device stores: narrow integers widened, int64 checked, f16 or f32. */

import type { Element } from '../../shaders/lib/kernel.ts';
import {
  allocate,
  float16ToNumber,
  isBigInt,
  numberToFloat16,
  type TypedArray,
} from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { elementsOf, type HostTensor, hostTensor } from '../core/tensor.ts';

const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/**
 * Bytes to upload. float32, int32 and uint32 go as they are, without a copy.
 * @throws WgconvError `invalid-argument` where an int64 does not fit into int32.
 */
export function toDeviceBytes(tensor: HostTensor, element: Element, name: string): Uint8Array {
  const { type, bytes } = tensor;
  if (type === 'float32' || type === 'int32' || type === 'uint32') return bytes;
  if (element === 'f16') return bytes;
  const elements = elementsOf(tensor);
  if (type === 'float16') {
    const numbers = new Float32Array(elements.length);
    for (let index = 0; index < numbers.length; index++) {
      numbers[index] = float16ToNumber(elements[index] as number);
    }
    return bytesOf(numbers);
  }
  if (isBigInt(type)) return bytesOf(narrow(elements as BigInt64Array, name));
  const words = new arrays[element](elements.length);
  words.set(elements as ArrayLike<number>);
  return bytesOf(words);
}

/** Downloaded words as the model's own type. `bytes` may be longer than the tensor. */
export function fromDeviceBytes(
  bytes: Uint8Array,
  element: Element,
  type: HostTensor['type'],
  dims: readonly number[],
  size: number,
): HostTensor {
  if (element === 'f16') return { type, dims, bytes: bytes.slice(0, size * 2) };
  const source = new arrays[element](bytes.buffer as ArrayBuffer, bytes.byteOffset, size);
  const target = allocate(type, size);
  if (type === 'float16') {
    const bits = target as Uint16Array;
    for (let index = 0; index < size; index++)
      bits[index] = numberToFloat16(source[index] as number);
  } else if (isBigInt(type)) {
    const big = target as BigInt64Array;
    for (let index = 0; index < size; index++) big[index] = BigInt(source[index] as number);
  } else {
    (target as Float32Array).set(source as Float32Array);
  }
  return hostTensor(type, dims, target);
}

function narrow(values: BigInt64Array, name: string): Int32Array {
  return Int32Array.from(values as unknown as ArrayLike<bigint>, (value) => {
    const number = Number(value);
    if (number < -2147483648 || number > 2147483647) {
      throw new WgconvError(
        'invalid-argument',
        `"${name}" holds ${value}, which does not fit into the 32-bit integers that the GPU has`,
        { value: name },
      );
    }
    return number;
  });
}

function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
