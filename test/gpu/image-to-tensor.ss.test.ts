/** Pictures as tensors on the GPU: every kind of source, within 2/255 of the CPU's. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import {
  type ImageSource,
  type ImageToTensorOptions,
  imageToTensor,
  presets,
} from '../../src/image/index.ts';
import { type CountingDevice, countingDevice } from '../support/counting-device.ts';
import { noise } from '../support/pictures.ts';

/** Node has no pictures but plain pixels. */
const inPage = typeof document !== 'undefined';

let counting: CountingDevice;
let device: GPUDevice;
beforeAll(async () => {
  counting = await countingDevice();
  device = counting.device;
});
afterAll(() => device.destroy());

async function both(
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

async function distance(a: Tensor, b: Tensor): Promise<number> {
  const [first, second] = (await Promise.all([a.getData(), b.getData()])) as Float32Array[];
  let worst = 0;
  first?.forEach((value, at) => {
    worst = Math.max(worst, Math.abs(value - (second?.[at] as number)));
  });
  return worst;
}

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
    const { worst } = await both(noise(61, 47, 3), { ...raw, ...options });
    // 2/255 is what is promised; nothing but float32's rounding is seen.
    expect(worst).toBeLessThan(0.05);
  });

  it('with a model’s mean and deviations', async () => {
    const { worst } = await both(noise(61, 47, 4), { width: 24, height: 24, ...presets.imagenet });
    expect(worst).toBeLessThan(1e-4);
  });

  it('of which the kernel’s loops would not see the end are the CPU’s, uploaded', async () => {
    const { worst } = await both(noise(300, 300, 5), { ...raw, width: 1, height: 1 });
    expect(worst).toBeLessThan(0.05);
    const limit = device.limits.maxTextureDimension2D;
    expect((await both(noise(limit + 1, 1, 6), { ...raw, width: 8, height: 8 })).worst).toBe(0);
  });

  it('of a size that came before, makes only the tensor and what binds it', async () => {
    const options = { width: 8, height: 8, device };
    (await imageToTensor(noise(20, 10, 1), options)).tensor.dispose();
    counting.reset();
    const bytes = counting.liveBytes();
    const { tensor } = await imageToTensor(noise(20, 10, 2), options);
    const made = Object.entries(counting.counts).filter(([, count]) => count > 0);
    expect(Object.fromEntries(made)).toEqual({ createBuffer: 1, createBindGroup: 1 });
    tensor.dispose();
    expect(counting.liveBytes()).toBe(bytes);
  });
});

describe.skipIf(!inPage)('imageToTensor of what a page has', () => {
  const { data, width, height } = noise(52, 38, 11, true);
  const options = { ...raw, width: 20, height: 20, resize: 'cover' } as const;

  function canvasOf<C extends HTMLCanvasElement | OffscreenCanvas>(canvas: C): C {
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.putImageData(new ImageData(data, width, height), 0, 0);
    return canvas;
  }
  const offscreen = () => canvasOf(new OffscreenCanvas(1, 1));
  const png = () => offscreen().convertToBlob({ type: 'image/png' });

  async function imageElement(blob: Blob): Promise<HTMLImageElement> {
    const image = new Image();
    image.src = URL.createObjectURL(blob);
    return image;
  }

  it.each<[string, () => ImageSource | Promise<ImageSource>]>([
    ['ImageData', () => new ImageData(data, width, height)],
    ['ImageBitmap', () => createImageBitmap(new ImageData(data, width, height))],
    ['HTMLCanvasElement', () => canvasOf(document.createElement('canvas'))],
    ['OffscreenCanvas', offscreen],
    ['Blob', png],
    ['HTMLImageElement', async () => imageElement(await png())],
    ['VideoFrame', () => new VideoFrame(offscreen(), { timestamp: 0 })],
  ])('%s', async (_, make) => {
    const source = await make();
    const { gpu, worst } = await both(source, options);
    expect(worst).toBeLessThanOrEqual(2);
    const { tensor: plain } = await imageToTensor({ data, width, height }, options);
    expect(await distance(gpu, plain)).toBeLessThanOrEqual(2);
    if ('close' in source) source.close();
  });

  it('HTMLVideoElement', async () => {
    const canvas = canvasOf(document.createElement('canvas'));
    const video = document.createElement('video');
    video.muted = true;
    await expect(imageToTensor(video, options)).rejects.toThrow('"loadeddata"');
    video.srcObject = canvas.captureStream();
    canvasOf(canvas);
    await video.play();
    const { worst } = await both(video, options);
    expect(worst).toBeLessThanOrEqual(2);
    for (const track of (video.srcObject as MediaStream).getTracks()) track.stop();
  });

  it('says what is wrong with a picture', async () => {
    const bitmap = await createImageBitmap(new ImageData(data, width, height));
    bitmap.close();
    await expect(imageToTensor(bitmap, { device })).rejects.toMatchObject({
      code: 'invalid-image',
      message: expect.stringContaining('0×0'),
    });
    const text = new Blob(['no picture'], { type: 'text/plain' });
    await expect(imageToTensor(text, { device })).rejects.toThrow(
      'a Blob of 10 bytes (text/plain) is no picture',
    );
    await expect(imageToTensor(await imageElement(text), { device })).rejects.toThrow(
      'cannot be loaded or decoded',
    );
  });

  it('says how to read a picture of another site', async () => {
    // A foreign object taints a canvas as another site's picture does.
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><foreignObject width="4" height="4"><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject></svg>`;
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    for (const on of [{}, { device }]) {
      await expect(imageToTensor(canvas, on)).rejects.toMatchObject({
        code: 'invalid-image',
        message: expect.stringContaining('crossOrigin'),
      });
    }
  });
});
