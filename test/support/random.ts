/** Seeded random tensors for tests: the same seed gives the same numbers everywhere. */

import { allocate, type DataType, isBigInt, numberToFloat16 } from '../../src/core/dtype.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { type HostTensor, hostTensor } from '../../src/core/tensor.ts';

/** mulberry32: a small generator with a full period of 2^32; numbers in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function fill(type: DataType, dims: readonly number[], next: () => number): HostTensor {
  const data = allocate(type, sizeOf(dims)) as unknown as Record<number, number | bigint>;
  for (let index = 0; index < sizeOf(dims); index++) {
    const value = next();
    if (isBigInt(type)) data[index] = BigInt(Math.trunc(value));
    else data[index] = type === 'float16' ? numberToFloat16(value) : value;
  }
  return hostTensor(type, dims, data as never);
}

/** Integers in [low, high], exact in every float type that holds them. */
export function integers(
  dims: readonly number[],
  seed: number,
  { low = -5, high = 5, type = 'float32' as DataType } = {},
): HostTensor {
  const random = generator(seed);
  return fill(type, dims, () => low + Math.floor(random() * (high - low + 1)));
}

/** Zero-mean uniform numbers in (-scale, scale). */
export function uniform(
  dims: readonly number[],
  seed: number,
  { scale = 1, type = 'float32' as DataType } = {},
): HostTensor {
  const random = generator(seed);
  return fill(type, dims, () => (random() * 2 - 1) * scale);
}

/** A tensor of the given values. */
export function tensorOf(
  dims: readonly number[],
  values: readonly number[],
  type: DataType = 'float32',
): HostTensor {
  let index = 0;
  return fill(type, dims, () => values[index++] as number);
}
