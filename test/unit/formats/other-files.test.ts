/** Files that are no model are called what they are, by the beginnings that their formats specify. */

import { expect, test } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';

/** One byte for each character. */
const file = (start: string) =>
  Uint8Array.from(start.padEnd(200, '\x00\x07x'), (character) => character.charCodeAt(0));

test.each([
  ['nothing', '', 'the model file is empty'],
  ['HTML', '\n<!doctype html><title>404</title>', 'an HTML or XML page'],
  ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\n', 'a Git LFS pointer'],
  [
    'a ZIP archive',
    'PK\x03\x04rest',
    'a ZIP archive: unpack it first; if it is a PyTorch or .keras',
  ],
  ['gzip', '\x1f\x8b\x08', 'a gzip file'],
  ["onnxruntime's format", '\x10\x00\x00\x00ORTM1234', "onnxruntime's own ORT format"],
  ['TensorFlow Lite', '\x1c\x00\x00\x00TFL3', 'a TensorFlow Lite model; export the model to ONNX'],
  ['HDF5', '\x89HDF\r\n\x1a\n', 'an HDF5 file, as Keras has it'],
  ['a pickle', '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'a Python pickle, as PyTorch has it'],
  ['safetensors', '\x40\x01\0\0\0\0\0\0{"a":{"dtype":"F32"', 'a safetensors file'],
  ['PNG', '\x89PNG\r\n\x1a\n', 'a PNG picture'],
  ['JPEG', '\xff\xd8\xff\xe0\x00\x10JFIF', 'a JPEG picture'],
  ['JSON', '{"format": "layers-model"}', 'JSON text'],
])('%s', async (_, start, message) => {
  const read = readOnnxModel(start === '' ? new Uint8Array() : file(start));
  await expect(read).rejects.toMatchObject({
    ...{ name: 'WgconvError', code: 'invalid-model' },
    message: expect.stringContaining(message),
  });
});

test('what nobody knows is a damaged file', async () => {
  await expect(readOnnxModel(file('Call me Ishmael.'))).rejects.toThrow(/damaged/);
});
