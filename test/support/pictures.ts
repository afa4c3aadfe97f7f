/** Pictures for tests. */

import { expect } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import {
  type ImageSource,
  type ImageToTensorOptions,
  imageToTensor,
  type Pixels,
} from '../../src/image/index.ts';
import { generator } from './random.ts';

/** Noise: every pixel, alpha too unless it is to be opaque, differs from its neighbours. */
export function noise(
  width: number,
  height: number,
  seed: number,
  opaque = false,
): Pixels & { readonly data: Uint8ClampedArray<ArrayBuffer> } {
  const random = generator(seed);
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) =>
    opaque && at % 4 === 3 ? 255 : Math.floor(random() * 256),
  );
  return { data, width, height };
}

/** The tensor that the GPU makes of a picture, and how far it is from the CPU's at most. */
export async function bothWays(
  device: GPUDevice,
  source: ImageSource,
  options: ImageToTensorOptions = {},
): Promise<{ gpu: Tensor; worst: number }> {
  const cpu = await imageToTensor(source, options);
  const { tensor: gpu, placement } = await imageToTensor(source, { ...options, device });
  expect(cpu.tensor.location).toBe('cpu');
  expect(gpu.location).toBe('gpu-buffer');
  expect(gpu.dims).toEqual(cpu.tensor.dims);
  expect(placement).toEqual(cpu.placement);
  return { gpu, worst: await distance(gpu, cpu.tensor) };
}

/** The greatest difference between two elements of one place; infinite where one is no number. */
export async function distance(a: Tensor, b: Tensor): Promise<number> {
  const [first, second] = (await Promise.all([a.getData(), b.getData()])) as Float32Array[];
  expect(first?.length).toBe(second?.length);
  let worst = 0;
  first?.forEach((value, at) => {
    const difference = Math.abs(value - (second?.[at] as number));
    worst = difference <= worst ? worst : Number.isNaN(difference) ? Infinity : difference;
  });
  return worst;
}
