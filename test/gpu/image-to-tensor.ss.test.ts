/** Pixels as tensors on the GPU: within 2/255 of the CPU's, and without objects that pile up. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tensor } from '../../src/core/tensor.ts';
import {
  type ImageToTensorOptions,
  imageToTensor,
  presets,
  tensorToImageData,
} from '../../src/image/index.ts';
import { type CountingDevice, countingDevice } from '../support/counting-device.ts';
import { bothWays, distance, noise } from '../support/pictures.ts';

let counting: CountingDevice;
let device: GPUDevice;
beforeAll(async () => {
  counting = await countingDevice();
  device = counting.device;
});
afterAll(() => device.destroy());

/** In the pixel's own numbers. */
const raw = { scale: 1 } as const;

describe('imageToTensor of pixels', () => {
  it('gives them back, and can be downloaded and disposed', async () => {
    const source = { data: Uint8Array.of(255, 0, 51, 255, 0, 102, 0, 255), width: 2, height: 1 };
    const { tensor } = await imageToTensor(source, { ...raw, session: { device } });
    const values = (await tensor.getData()) as Float32Array;
    // A texture's byte over 255, times 255: some adapters miss the byte by a bit.
    [255, 0, 0, 102, 51, 0].forEach((value, at) => {
      expect(values[at]).toBeCloseTo(value, 3);
    });
    expect([...(await tensorToImageData(tensor, raw)).data]).toEqual([...source.data]);
    tensor.dispose();
    await expect(tensor.getData()).rejects.toThrow('it was disposed');
  });

  it.each<[string, ImageToTensorOptions]>([
    ['in their size', {}],
    ['smaller', { width: 20, height: 9 }],
    ['larger', { width: 100, height: 90 }],
    ['smaller and larger', { width: 9, height: 90 }],
    ['cut', { width: 30, height: 30, resize: 'cover' }],
    ['with a margin', { width: 30, height: 30, resize: 'contain', fill: [114, 1, 200] }],
    ['over a colour', { width: 40, height: 33, background: [0, 128, 255] }],
    ['without alpha', { width: 40, height: 33, background: 'none' }],
    ['gray, channels last', { width: 20, height: 20, channels: 'gray', layout: 'NHWC' }],
    ['blue first, channels last', { width: 20, height: 20, channels: 'bgr', layout: 'NHWC' }],
    ['one pixel of all', { width: 1, height: 1 }],
  ])('%s', async (_, options) => {
    const { worst } = await bothWays(device, noise(61, 47, 3), { ...raw, ...options });
    // 2/255 is what is promised; nothing but float32's rounding is seen.
    expect(worst).toBeLessThan(0.05);
  });

  it('with a model’s mean and deviations', async () => {
    const { worst } = await bothWays(device, noise(61, 47, 4), {
      width: 24,
      height: 24,
      ...presets.imagenet,
    });
    expect(worst).toBeLessThan(1e-4);
  });

  it('of which the kernel’s loops would not see the end are the CPU’s, uploaded', async () => {
    const { worst } = await bothWays(device, noise(300, 300, 5), { ...raw, width: 1, height: 1 });
    expect(worst).toBeLessThan(0.05);
    const limit = device.limits.maxTextureDimension2D;
    expect(
      (await bothWays(device, noise(limit + 1, 1, 6), { ...raw, width: 8, height: 8 })).worst,
    ).toBe(0);
  });

  it('of a size that came before, makes only the tensor and what binds it', async () => {
    const options = { width: 8, height: 8, device };
    (await imageToTensor(noise(20, 10, 1), options)).tensor.dispose();
    counting.reset();
    const bytes = counting.liveBytes();
    const { tensor } = await imageToTensor(noise(20, 10, 2), options);
    expect(counting.made()).toEqual({ createBuffer: 1, createBindGroup: 1 });
    tensor.dispose();
    expect(counting.liveBytes()).toBe(bytes);
  });
});

describe('imageToTensor into a tensor', () => {
  it('that is there makes no object, and takes its size', async () => {
    const options = { ...raw, resize: 'contain' } as const;
    const sides = { width: 12, height: 14, layout: 'NHWC' } as const;
    const { tensor } = await imageToTensor(noise(20, 10, 1), { ...options, ...sides, device });
    const into = { ...options, layout: 'NHWC', device, into: tensor } as const;
    for (const seed of [2, 3]) {
      const source = noise(20, 10, seed);
      counting.reset();
      const again = await imageToTensor(source, into);
      expect(counting.made()).toEqual({});
      expect(again.tensor).toBe(tensor);
      const { tensor: expected, placement } = await imageToTensor(source, { ...options, ...sides });
      expect(await distance(tensor, expected)).toBeLessThan(0.05);
      expect(again.placement).toEqual(placement);
    }
    // What is resampled on the CPU is uploaded into it, too.
    const large = noise(device.limits.maxTextureDimension2D + 1, 1, 6);
    counting.reset();
    await imageToTensor(large, into);
    expect(counting.made()).toEqual({});
    const { tensor: expected } = await imageToTensor(large, { ...options, ...sides });
    expect(await distance(tensor, expected)).toBe(0);
    tensor.dispose();
  });

  it('says which tensor it cannot be', async () => {
    const picture = noise(4, 4, 1);
    const tensorOn = (on: GPUDevice, usage: number, size = 192) =>
      Tensor.fromGpuBuffer(on.createBuffer({ size, usage }), {
        ...{ dataType: 'float32', dims: [1, 3, 4, 4] },
      });
    const fail = (into: Tensor) => expect(imageToTensor(picture, { device, into })).rejects;
    await fail(new Tensor('float32', new Float32Array(48), [1, 3, 4, 4])).toThrow(
      'into lives on the CPU',
    );
    const { COPY_DST, STORAGE } = GPUBufferUsage;
    await fail(tensorOn(device, COPY_DST)).toThrow('create it with GPUBufferUsage.STORAGE');
    await fail(tensorOn(device, STORAGE, 64)).toThrow('has 64 bytes, but its shape takes 192');
    const other = (await countingDevice()).device;
    await fail(tensorOn(other, STORAGE)).toThrow('into is a tensor of another device');
    other.destroy();
    const { tensor } = await imageToTensor(picture, { device });
    await expect(imageToTensor(picture, { device, into: tensor, width: 5 })).rejects.toMatchObject({
      code: 'wrong-shape',
      message: 'into has the shape [1,3,4,4], but the picture becomes [1,3,4,5]',
    });
    tensor.dispose();
    await fail(tensor).toThrow('this tensor was disposed');
    // The device goes on.
    (await imageToTensor(picture, { device })).tensor.dispose();
  });
});

it('ends where it is told to, and makes nothing then', async () => {
  const controller = new AbortController();
  counting.reset();
  const ended = imageToTensor(noise(8, 8, 1), { device, signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(ended).rejects.toThrow('enough');
  expect(counting.made()).toEqual({});
});
