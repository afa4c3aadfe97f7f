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
    'an option of imageToTensor() is a property of an object, and null is none',
  ],
  ['imageToTensor’s picture', () => imageToTensor(none), 'a picture is an ImageBitmap'],
  ['drawTensor’s options', () => drawTensor(tensor, canvas, none), 'an option of drawTensor() is'],
  ['drawTensor’s canvas', () => drawTensor(tensor, none), 'is drawn on a canvas element'],
  ['drawTensor’s tensor', () => drawTensor(none, canvas), 'must be a Tensor'],
  ['drawTensors’ list', () => drawTensors(none), 'takes a list of { tensor, canvas }'],
  ['drawTensors’ first', () => drawTensors([none]), 'an option of a drawing is'],
  ['drawTensors’ options', () => drawTensors([], none), 'an option of drawTensors() is'],
  ['tensorToImageData’s options', () => tensorToImageData(tensor, none), 'tensorToImageData() is'],
  ['tensorToImageData’s tensor', () => tensorToImageData(none), 'takes a Tensor'],
])('null as %s', async (_, call, message) => {
  await expect(call()).rejects.toMatchObject({
    ...{ name: 'WgconvError', code: 'invalid-argument' },
    message: expect.stringContaining(message),
  });
});

test('null as a box', async () => {
  const { placement } = await imageToTensor(picture);
  expect(() => toPicture(placement, none)).toThrow('left is undefined, but must be a number');
});
