/** Tensors drawn on canvases: the pixels that a page sees, against those drawn on the CPU. */

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { elementsOf, Tensor } from '../../src/core/tensor.ts';
import { drawTensor, drawTensors, type MapOptions } from '../../src/image/index.ts';
import { type CountingDevice, countingDevice } from '../support/counting-device.ts';
import { uniform } from '../support/random.ts';

/** Node has no canvas, and headless Chrome on OpenGL ES cannot show one of WebGPU. */
const shows = typeof document !== 'undefined' && inject('recipe') !== 'cr-gles';

describe.skipIf(!shows)('drawTensor', () => {
  let counting: CountingDevice;
  let device: GPUDevice;
  beforeAll(async () => {
    counting = await countingDevice();
    device = counting.device;
  });
  afterAll(() => device.destroy());

  function upload(values: Float32Array, dims: readonly number[], on = device): Tensor {
    const gpuBuffer = on.createBuffer({
      size: Math.ceil(values.byteLength / 16) * 16,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    on.queue.writeBuffer(gpuBuffer, 0, values as Float32Array<ArrayBuffer>);
    return Tensor.fromGpuBuffer(gpuBuffer, { dataType: 'float32', dims });
  }

  /** What the page shows: the canvas drawn onto a 2D one. */
  function seen(canvas: HTMLCanvasElement | OffscreenCanvas): Uint8ClampedArray {
    const flat = new OffscreenCanvas(canvas.width, canvas.height);
    const context = flat.getContext('2d') as OffscreenCanvasRenderingContext2D;
    context.drawImage(canvas, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height).data;
  }

  async function onCpu(values: Float32Array, dims: readonly number[], options: MapOptions) {
    const canvas = document.createElement('canvas');
    await drawTensor(new Tensor('float32', values, dims), canvas, options);
    return seen(canvas);
  }

  /** @param most steps of a colour that rounding may differ by */
  function expectClose(actual: Uint8ClampedArray, expected: Uint8ClampedArray, most: number): void {
    expect(actual.length).toBe(expected.length);
    let worst = 0;
    for (let at = 0; at < actual.length; at++) {
      worst = Math.max(worst, Math.abs((actual[at] as number) - (expected[at] as number)));
    }
    expect(worst).toBeLessThanOrEqual(most);
  }

  it('shows known values as known colours', async () => {
    const canvas = document.createElement('canvas');
    const grid = await drawTensor(
      upload(Float32Array.of(0, 1, 0.2, Number.NaN, 0.6, 1, 0, 0), [1, 2, 2, 2]),
      canvas,
      { device, colorMap: 'gray', range: [0, 1] },
    );
    expect(grid).toMatchObject({ width: 5, height: 2, columns: 2, rows: 1 });
    const pixels = seen(canvas);
    const row = (y: number) =>
      Array.from({ length: 5 }, (_, x) => [
        ...pixels.subarray((y * 5 + x) * 4, (y * 5 + x) * 4 + 4),
      ]);
    const gray = (value: number) => [value, value, value, 255];
    expect(row(0)).toEqual([gray(0), gray(255), [0, 0, 0, 0], gray(153), gray(255)]);
    expect(row(1)).toEqual([gray(51), [255, 0, 255, 255], [0, 0, 0, 0], gray(0), gray(0)]);
  });

  const random = (dims: readonly number[], seed: number) =>
    elementsOf(uniform([...dims], seed)) as Float32Array;

  it.each<[string, readonly number[], MapOptions]>([
    ['six maps of LeNet, measured', [1, 6, 28, 28], {}],
    ['each channel measured', [2, 16, 10, 10], { batch: 1, range: 'channel', colorMap: 'gray' }],
    [
      'NHWC, diverging, enlarged',
      [1, 7, 9, 5],
      { layout: 'NHWC', colorMap: 'diverging', scale: 3 },
    ],
    ['NHWC, each channel', [1, 7, 9, 5], { layout: 'NHWC', range: 'channel', gapColor: [9, 8, 7] }],
    ['a picture', [1, 3, 20, 33], { colorMap: 'rgb', range: [-1, 1] }],
    ['a vector', [1, 84], { columns: 21, scale: 2 }],
    ['a large image', [1, 8, 120, 130], { columns: 3, channels: [7, 1, 4, 2] }],
  ])('%s: the pixels are the CPU’s', async (_, dims, options) => {
    const values = random(dims, 7);
    const expected = await onCpu(values, dims, options);
    const canvas = document.createElement('canvas');
    await drawTensor(upload(values, dims), canvas, { device, ...options });
    // One of 256 steps of a map is at most six of a colour.
    expectClose(seen(canvas), expected, 6);
  });

  it('a mask lets through what is behind it', async () => {
    const canvas = document.createElement('canvas');
    await drawTensor(upload(Float32Array.of(0, 1, 0.5, 1), [1, 1, 1, 4]), canvas, {
      device,
      range: [0, 1],
      colorMap: [
        [255, 0, 0, 0],
        [255, 0, 0, 255],
      ],
    });
    const alphas = [...seen(canvas)].filter((_, at) => at % 4 === 3);
    expect(alphas).toEqual([0, 255, 128, 255]);
  });

  it('draws several canvases in one submission, and makes nothing for a second drawing', async () => {
    const canvases = [1, 2, 3].map(() => document.createElement('canvas'));
    const values = canvases.map((__, seed) => random([1, 4, 8, 8], seed));
    const items = canvases.map((canvas, at) => ({
      ...{ canvas, tensor: upload(values[at] as Float32Array, [1, 4, 8, 8]) },
    }));
    let submissions = 0;
    const submit = device.queue.submit.bind(device.queue);
    Object.defineProperty(device.queue, 'submit', {
      configurable: true,
      value: (buffers: GPUCommandBuffer[]) => {
        submissions++;
        submit(buffers);
      },
    });
    await drawTensors(items, { device });
    expect(submissions).toBe(1);
    counting.reset();
    const bytes = counting.liveBytes();
    await drawTensors(items, { device });
    expect(submissions).toBe(2);
    expect(counting.liveBytes()).toBe(bytes);
    expect(counting.made()).toEqual({});
    for (const [at, canvas] of canvases.entries()) {
      const expected = await onCpu(values[at] as Float32Array, [1, 4, 8, 8], {});
      expectClose(seen(canvas), expected, 6);
    }
  });

  it('draws what a tensor holds now, on a canvas that is kept', async () => {
    const tensor = upload(Float32Array.of(0, 1), [1, 1, 1, 2]);
    const canvas = new OffscreenCanvas(1, 1);
    const options = { device, colorMap: 'gray' } as const;
    await drawTensor(tensor, canvas, options);
    expect([seen(canvas)[0], seen(canvas)[4]]).toEqual([0, 255]);
    device.queue.writeBuffer(tensor.gpuBuffer, 0, Float32Array.of(5, -5));
    await drawTensor(tensor, canvas, options);
    expect([seen(canvas)[0], seen(canvas)[4]]).toEqual([255, 0]);
    // Another shape, and a tensor on the CPU, on the same canvas.
    await drawTensor(
      new Tensor('float32', Float32Array.of(0, 1, 2), [1, 1, 1, 3]),
      canvas,
      options,
    );
    expect([seen(canvas)[0], seen(canvas)[4], seen(canvas)[8]]).toEqual([0, 128, 255]);
  });

  it('says which canvas or tensor cannot be', async () => {
    const tensor = upload(Float32Array.of(0, 1, 0, 0), [4]);
    const flat = document.createElement('canvas');
    flat.getContext('2d');
    await expect(drawTensor(tensor, flat, { device })).rejects.toThrow('has another one already');
    const canvas = document.createElement('canvas');
    await expect(drawTensor(tensor, canvas, { device, scale: 1e5 })).rejects.toMatchObject({
      code: 'limit-exceeded',
    });
    const half = Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: 'float16', dims: [4] });
    await expect(drawTensor(half, canvas, { device })).rejects.toThrow('these are float16');
    const large = Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: 'float32', dims: [5] });
    await expect(drawTensor(large, canvas, { device })).rejects.toThrow('its shape takes 20');
    const other = (await countingDevice()).device;
    await expect(
      drawTensor(upload(Float32Array.of(1), [1], other), canvas, { device }),
    ).rejects.toThrow('the device that it lives on');
    // The canvas is as good as before, and on the other device, too.
    await drawTensor(tensor, canvas, { device, colorMap: 'gray', columns: 4, gap: 0 });
    expect(seen(canvas)[4]).toBe(255);
    await drawTensor(upload(Float32Array.of(1, 0), [2], other), canvas, {
      ...{ device: other, colorMap: 'gray', columns: 2, gap: 0 },
    });
    expect(seen(canvas)[0]).toBe(255);
    other.destroy();
    await other.lost;
    await expect(drawTensor(tensor, canvas, { device: other })).rejects.toMatchObject({
      code: 'device-lost',
    });
  });
});
