/** The pictures that a page has, as tensors: each kind in each mode, on the GPU and on the CPU. */

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type ImageSource,
  type ImageToTensorOptions,
  imageToTensor,
} from '../../src/image/index.ts';
import { countingDevice } from '../support/counting-device.ts';
import { bothWays, distance, noise } from '../support/pictures.ts';

/** In the pixel's own numbers. */
const raw = { scale: 1 } as const;
const { data, width, height } = noise(52, 38, 11, true);
const pixels = () => new ImageData(data, width, height);

function canvasOf<C extends HTMLCanvasElement | OffscreenCanvas>(canvas: C, picture: ImageData): C {
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.putImageData(picture, 0, 0);
  return canvas;
}

const offscreen = (picture: ImageData) => canvasOf(new OffscreenCanvas(1, 1), picture);
const png = (picture: ImageData) => offscreen(picture).convertToBlob({ type: 'image/png' });

function imageElement(blob: Blob): HTMLImageElement {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  return image;
}

type Kind = readonly [
  name: string,
  make: (picture: ImageData) => ImageSource | Promise<ImageSource>,
];
const kinds: readonly Kind[] = [
  ['ImageData', (picture) => picture],
  ['ImageBitmap', (picture) => createImageBitmap(picture)],
  ['HTMLCanvasElement', (picture) => canvasOf(document.createElement('canvas'), picture)],
  ['OffscreenCanvas', offscreen],
  ['Blob', png],
  ['HTMLImageElement', async (picture) => imageElement(await png(picture))],
  ['VideoFrame', (picture) => new VideoFrame(offscreen(picture), { timestamp: 0 })],
];

const modes: readonly ImageToTensorOptions[] = [
  {},
  { width: 20, height: 20, resize: 'stretch' },
  { width: 20, height: 20, resize: 'cover' },
  { width: 20, height: 20, resize: 'contain', fill: [114, 0, 255] },
  { width: 80, height: 17, resize: 'contain', channels: 'bgr', layout: 'NHWC' },
  { width: 104, height: 76, channels: 'gray' },
];

// Node has no pictures but plain pixels.
describe.skipIf(typeof document === 'undefined')('imageToTensor of a page’s', () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = (await countingDevice()).device;
  });
  afterAll(() => device.destroy());

  it.each(kinds)('%s, in every mode', async (_, make) => {
    for (const mode of modes) {
      const source = await make(pixels());
      const options = { ...raw, ...mode };
      const { gpu, worst } = await bothWays(device, source, options);
      expect(worst, JSON.stringify(mode)).toBeLessThanOrEqual(2);
      const { tensor: plain } = await imageToTensor({ data, width, height }, options);
      expect(await distance(gpu, plain), JSON.stringify(mode)).toBeLessThanOrEqual(2);
      if ('close' in source) source.close();
    }
  });

  // Chrome on OpenGL ES draws a transparent frame with alpha multiplied in twice.
  const drawn = kinds.filter(([kind]) => kind !== 'VideoFrame' || inject('recipe') !== 'cr-gles');
  it.each(drawn)('%s with transparent pixels', async (_, make) => {
    // Red at half its strength, blue at a fifth; a canvas keeps them with alpha multiplied in.
    const picture = new ImageData(Uint8ClampedArray.of(250, 0, 0, 128, 0, 0, 255, 51), 2, 1);
    const source = await make(picture);
    const over = async (options: ImageToTensorOptions, expected: readonly number[]) => {
      for (const on of [{}, { device }]) {
        const all = { ...raw, ...on, layout: 'NHWC', ...options } as const;
        const values = await (await imageToTensor(source, all)).tensor.getData();
        (values as Float32Array).forEach((value, at) => {
          const gap = Math.abs(value - (expected[at] as number));
          expect(gap, `[${at}] of ${[...(values as Float32Array)]}`).toBeLessThanOrEqual(2);
        });
      }
    };
    const half = 128 / 255;
    await over({}, [250 * half + 255 * (1 - half), 127, 127, 204, 204, 255]);
    await over({ background: [0, 100, 0] }, [250 * half, 100 * (1 - half), 0, 0, 80, 51]);
    await over({ background: 'none' }, [250, 0, 0, 0, 0, 255]);
  });

  it('photograph that lies on its side, upright', async () => {
    const wide = canvasOf(new OffscreenCanvas(1, 1), new ImageData(32, 16));
    const context = wide.getContext('2d') as OffscreenCanvasRenderingContext2D;
    context.fillStyle = '#000';
    context.fillRect(0, 0, 16, 16);
    context.fillStyle = '#fff';
    context.fillRect(16, 0, 16, 16);
    const file = new Uint8Array(
      await (await wide.convertToBlob({ type: 'image/jpeg', quality: 1 })).arrayBuffer(),
    );
    // EXIF's orientation 6 (TIFF 6.0, big-endian): the first row is the right side, seen upright.
    const exif = Uint8Array.of(
      ...[0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1],
      ...[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0],
    );
    const photo = new Blob([file.subarray(0, 2), exif, file.subarray(2)], { type: 'image/jpeg' });
    for (const source of [photo, imageElement(photo)]) {
      for (const on of [{}, { device }]) {
        const { tensor } = await imageToTensor(source, { channels: 'gray', ...on });
        expect(tensor.dims).toEqual([1, 1, 32, 16]);
        const values = (await tensor.getData()) as Float32Array;
        expect(
          [values[0], values[15], values[31 * 16]].map((value = -1) => Math.round(value)),
        ).toEqual([0, 0, 1]);
      }
    }
  });

  it('ImageData of another colour space as sRGB', async () => {
    const wide = new ImageData(Uint8ClampedArray.of(128, 64, 32, 255), 1, 1, {
      colorSpace: 'display-p3',
    });
    const bitmap = await createImageBitmap(wide);
    const flat = new OffscreenCanvas(1, 1).getContext('2d') as OffscreenCanvasRenderingContext2D;
    flat.drawImage(bitmap, 0, 0);
    const { tensor: expected } = await imageToTensor(flat.getImageData(0, 0, 1, 1), raw);
    expect(expected.data[0]).toBeGreaterThan(132); // sRGB needs more red for it
    const { gpu, worst } = await bothWays(device, wide, raw);
    expect(worst).toBeLessThanOrEqual(2);
    expect(await distance(gpu, expected)).toBeLessThanOrEqual(2);
  });

  it('canvas on which nothing was drawn as what is behind it', async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [2, 2];
    const { gpu, worst } = await bothWays(device, canvas, { ...raw, background: [7, 7, 7] });
    expect(worst).toBeLessThanOrEqual(2);
    expect([...((await gpu.getData()) as Float32Array)].map(Math.round)).toEqual(Array(12).fill(7));
  });
});

describe.skipIf(typeof document === 'undefined')('imageToTensor says what is wrong with', () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = (await countingDevice()).device;
  });
  afterAll(() => device.destroy());

  /** Alike with a device and without. */
  async function expectRefused(make: () => ImageSource | Promise<ImageSource>, message: string) {
    for (const on of [{}, { device }]) {
      await expect(imageToTensor(await make(), on)).rejects.toMatchObject({
        ...{ name: 'WgconvError', code: 'invalid-image' },
        message: expect.stringContaining(message),
      });
    }
  }

  it('a bitmap or a frame that was closed', async () => {
    const bitmap = await createImageBitmap(pixels());
    bitmap.close();
    await expectRefused(() => bitmap, '0×0 pixels: there is nothing in it, or it was closed');
    const frame = new VideoFrame(offscreen(pixels()), { timestamp: 0 });
    frame.close();
    await expectRefused(() => frame, '0×0 pixels: there is nothing in it, or it was closed');
  });

  it('a bitmap or a frame that is closed before it was read', async () => {
    const make = [
      () => createImageBitmap(pixels()),
      () => new VideoFrame(offscreen(pixels()), { timestamp: 0 }),
    ];
    for (const open of make) {
      for (const on of [{}, { device }]) {
        const source = await open();
        const made = imageToTensor(source, on);
        source.close();
        await expect(made).rejects.toMatchObject({
          ...{ name: 'WgconvError', code: 'invalid-image' },
          message: expect.stringContaining('the picture cannot be read: '),
        });
      }
    }
  });

  it('a canvas without pixels', async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 0;
    await expectRefused(() => canvas, '0×150 pixels: there is nothing in it');
    await expectRefused(() => new OffscreenCanvas(3, 0), '3×0 pixels: there is nothing in it');
  });

  it('a Blob or an image that is none', async () => {
    const text = new Blob(['no picture'], { type: 'text/plain' });
    await expectRefused(() => text, 'a Blob of 10 bytes (text/plain) is no picture');
    await expectRefused(() => imageElement(text), 'cannot be loaded or decoded');
    await expectRefused(() => new Image(), 'cannot be loaded or decoded');
  });

  it('numbers that are no bytes', async () => {
    const numbers = { data: new Float32Array(4) as unknown as Uint8Array, width: 1, height: 1 };
    await expectRefused(() => numbers, '4 bytes in a Uint8ClampedArray, but there is none');
  });

  it('a picture of another site', async () => {
    // A foreign object taints a canvas as another site's picture does.
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><foreignObject width="4" height="4"><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject></svg>`;
    const image = imageElement(new Blob([svg], { type: 'image/svg+xml' }));
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    await expectRefused(() => canvas, 'load it with crossOrigin = "anonymous"');
    await expectRefused(() => createImageBitmap(canvas), 'load it with crossOrigin = "anonymous"');
    // The same page's server by another name.
    const elsewhere = new URL('/models/lenet5/digits/4-4741.png', location.href);
    elsewhere.hostname = elsewhere.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
    const foreign = new Image();
    foreign.src = elsewhere.href;
    await foreign.decode();
    await expectRefused(() => foreign, 'load it with crossOrigin = "anonymous"');
  });
});
