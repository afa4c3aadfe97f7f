/** Frames of a video as tensors: as they are on the GPU, one after another without garbage. */

import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { type ImageToTensorOptions, imageToTensor } from '../../src/image/index.ts';
import { type CountingDevice, countingDevice } from '../support/counting-device.ts';
import { ownDevice } from '../support/own-device.ts';
import { bothWays, noise } from '../support/pictures.ts';

const raw = { scale: 1 } as const;
const [width, height] = [52, 38];

/** Chrome on OpenGL ES hands no video to WebGPU: it is drawn, and copied to a texture. */
const external = typeof document !== 'undefined' && inject('recipe') !== 'cr-gles';

describe.skipIf(typeof document === 'undefined')('imageToTensor of a video', () => {
  let counting: CountingDevice;
  let device: GPUDevice;
  const canvas = typeof document === 'undefined' ? undefined : document.createElement('canvas');
  beforeAll(async () => {
    counting = await countingDevice();
    device = counting.device;
  });
  afterAll(() => device.destroy());

  function draw(seed: number): HTMLCanvasElement {
    const { data } = noise(width, height, seed, true);
    const drawn = canvas as HTMLCanvasElement;
    [drawn.width, drawn.height] = [width, height];
    drawn.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0);
    return drawn;
  }

  /** A playing video of the canvas. */
  async function play(): Promise<HTMLVideoElement> {
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = draw(1).captureStream();
    draw(1);
    await video.play();
    return video;
  }

  function stop(video: HTMLVideoElement): void {
    for (const track of (video.srcObject as MediaStream).getTracks()) track.stop();
  }

  it.each<[string, ImageToTensorOptions]>([
    ['in its size', {}],
    ['stretched', { width: 20, height: 20 }],
    ['cut', { width: 20, height: 20, resize: 'cover' }],
    ['with a margin', { width: 20, height: 20, resize: 'contain', fill: [114, 0, 255] }],
    ['larger', { width: 104, height: 80, channels: 'bgr', layout: 'NHWC' }],
    ['whatever its alpha', { width: 20, height: 20, background: 'none' }],
  ])('%s: the CPU’s numbers', async (_, options) => {
    const video = await play();
    const { worst } = await bothWays(device, video, { ...raw, ...options });
    expect(worst).toBeLessThanOrEqual(2);
    stop(video);
  });

  it('frame by frame makes one bind group each, or nothing where it is copied', async () => {
    const video = await play();
    const { tensor } = await imageToTensor(video, { device, width: 24, height: 24 });
    const made = external ? { createBindGroup: 1, importExternalTexture: 1 } : {};
    for (let frame = 0; frame < 30; frame++) {
      counting.reset();
      await imageToTensor(video, { device, into: tensor });
      expect(counting.made()).toEqual(made);
    }
    stop(video);
    tensor.dispose();
  });

  it('frame by frame is each frame, in one tensor', async () => {
    let tensor: Tensor | undefined;
    for (const seed of [1, 2, 3, 4]) {
      const frame = new VideoFrame(draw(seed), { timestamp: seed });
      const options = { ...raw, width: 13, height: 19, resize: 'cover' } as const;
      counting.reset();
      const result = await imageToTensor(frame, { ...options, device, into: tensor });
      if (tensor) expect(result.tensor).toBe(tensor);
      if (tensor && external) expect(counting.made()).not.toHaveProperty('createBuffer');
      tensor = result.tensor;
      const { tensor: expected } = await imageToTensor(noise(width, height, seed, true), options);
      const values = (await tensor.getData()) as Float32Array;
      values.forEach((value, at) => {
        expect(Math.abs(value - (expected.data[at] as number))).toBeLessThanOrEqual(2);
      });
      frame.close();
    }
  });

  it.skipIf(!external)('never passes the CPU', async () => {
    const ways = [
      vi.spyOn(OffscreenCanvasRenderingContext2D.prototype, 'getImageData'),
      vi.spyOn(GPUQueue.prototype, 'writeTexture'),
      vi.spyOn(GPUQueue.prototype, 'copyExternalImageToTexture'),
    ];
    const frame = new VideoFrame(draw(5), { timestamp: 0 });
    (await imageToTensor(frame, { device })).tensor.dispose();
    for (const way of ways) expect(way).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    frame.close();
  });

  it('is copied where WebGPU has no external textures', async () => {
    const other = await ownDevice();
    const compile = other.createComputePipelineAsync.bind(other);
    const refused: string[] = [];
    vi.spyOn(other, 'createComputePipelineAsync').mockImplementation(async (descriptor) => {
      if (!descriptor.label?.includes('"external":true')) return compile(descriptor);
      refused.push(descriptor.label);
      throw new Error('Capability TEXTURE_EXTERNAL is required');
    });
    const frame = new VideoFrame(draw(7), { timestamp: 0 });
    const { worst } = await bothWays(other, frame, { ...raw, width: 20, height: 20 });
    expect(worst).toBeLessThanOrEqual(2);
    expect(refused).toHaveLength(1);
    frame.close();
    other.destroy();
  });

  it('takes a frame as it is shown: a part of it, or turned', async () => {
    const whole = new VideoFrame(draw(6), { timestamp: 0 });
    const part = new VideoFrame(whole, {
      visibleRect: { x: 4, y: 6, width: 20, height: 16 },
      timestamp: 0,
    });
    const { gpu, worst } = await bothWays(device, part, raw);
    expect(gpu.dims).toEqual([1, 3, 16, 20]);
    expect(worst).toBeLessThanOrEqual(2);
    const turned = new VideoFrame(whole, { rotation: 90, timestamp: 0 } as VideoFrameInit);
    const sides = [turned.displayHeight, turned.displayWidth];
    const both = await bothWays(device, turned, raw);
    expect(both.gpu.dims).toEqual([1, 3, ...sides]);
    expect(both.worst).toBeLessThanOrEqual(2);
    for (const frame of [whole, part, turned]) frame.close();
  });

  it('says where it shows nothing', async () => {
    for (const on of [{}, { device }]) {
      const video = document.createElement('video');
      await expect(imageToTensor(video, on)).rejects.toMatchObject({
        code: 'invalid-image',
        message: 'the video shows no frame yet: wait for its event "loadeddata"',
      });
      video.src = URL.createObjectURL(new Blob(['no video'], { type: 'video/webm' }));
      await new Promise((resolve) => video.addEventListener('error', resolve));
      await expect(imageToTensor(video, on)).rejects.toMatchObject({
        code: 'invalid-image',
        message: expect.stringContaining('the video cannot be loaded or decoded: '),
      });
    }
  });
});
