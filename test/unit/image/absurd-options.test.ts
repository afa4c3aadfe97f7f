/** What types do not check of the image functions' arguments is refused, before memory is asked for. */

import { expect, test } from 'vitest';
import { Tensor } from '../../../src/core/tensor.ts';
import {
  drawTensor,
  drawTensors,
  imageToTensor,
  tensorToImageData,
  toPicture,
} from '../../../src/image/index.ts';

const picture = { width: 1, height: 1, data: new Uint8Array(4) };
const tensor = new Tensor('float32', new Float32Array(1), [1, 1, 1, 1]);
const canvas = { width: 1, height: 1, getContext: () => null } as unknown as OffscreenCanvas;
const none = null as never;

test.each<[object, string]>([
  [{ width: 100_000, height: 100_000 }, '100000×100000 pixels is larger than memory'],
  [{ mean: {} }, 'mean is {}, but takes one number'],
  [{ into: {} }, 'into takes a Tensor'],
])('imageToTensor(picture, %j)', async (options, message) => {
  await expect(imageToTensor(picture, options)).rejects.toMatchObject({
    name: 'WgconvError',
    message: expect.stringContaining(message),
  });
});

test.each<[string, () => Promise<unknown>, string]>([
  [
    'imageToTensor’s options',
    () => imageToTensor(picture, none),
    'options of imageToTensor() must be in an object, not null',
  ],
  ['imageToTensor’s picture', () => imageToTensor(none), 'a picture is an ImageBitmap'],
  [
    'a promise of a session',
    () => imageToTensor(picture, { session: Promise.resolve({}) } as object),
    'session takes an InferenceSession or a WorkerSession: await its create() first',
  ],
  ['no device', () => imageToTensor(picture, { device: 5 } as object), 'device takes a GPUDevice'],
  [
    'a controller as its signal',
    () => imageToTensor(picture, { signal: new AbortController() } as object),
    'signal takes an AbortSignal',
  ],
  ['an answer', () => imageToTensor(new Response('') as never), 'a picture is an ImageBitmap'],
  ['bytes', () => imageToTensor(new ArrayBuffer(8) as never), 'a picture is an ImageBitmap'],
  [
    'drawTensor’s options',
    () => drawTensor(tensor, canvas, none),
    'options of drawTensor() must be in an object',
  ],
  ['drawTensor’s canvas', () => drawTensor(tensor, none), 'is drawn on a canvas element'],
  ['drawTensor’s tensor', () => drawTensor(none, canvas), 'must be a Tensor'],
  ['drawTensors’ list', () => drawTensors(none), 'takes a list of { tensor, canvas }'],
  ['drawTensors’ first', () => drawTensors([none]), 'options of a drawing must be in an object'],
  [
    'drawTensors’ options',
    () => drawTensors([], none),
    'options of drawTensors() must be in an object',
  ],
  [
    'tensorToImageData’s options',
    () => tensorToImageData(tensor, none),
    'tensorToImageData() must be in',
  ],
  ['tensorToImageData’s tensor', () => tensorToImageData(none), 'takes a Tensor'],
])('null, or another thing, as %s', async (_, call, message) => {
  await expect(call()).rejects.toMatchObject({
    ...{ name: 'WgconvError', code: 'invalid-argument' },
    message: expect.stringContaining(message),
  });
});

test('null as a box', async () => {
  const { placement } = await imageToTensor(picture);
  expect(() => toPicture(placement, none)).toThrow('left is undefined, but must be a number');
});
