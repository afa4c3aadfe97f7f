/** Weights of a `model.json`: how they are stored, what they may be called, and what is wrong with them. */

import { describe, expect, test } from 'vitest';
import { WgconvError } from '../../../../src/core/errors.ts';
import { readWeights, shardPaths } from '../../../../src/formats/keras/manifest.ts';
import { matchWeights, type WantedWeight } from '../../../../src/formats/keras/weight-names.ts';
import { cut } from '../../../support/keras-files.ts';

const bytesOf = (...parts: readonly ArrayBufferView[]) =>
  Uint8Array.from(parts.flatMap((p) => [...new Uint8Array(p.buffer, p.byteOffset, p.byteLength)]));

/** Reads one group of weights from shards of `size` bytes. */
async function read(weights: readonly object[], bytes: Uint8Array, size = 1e6) {
  const files = cut(bytes, size);
  const manifest = [{ paths: files.map(({ path }) => `./${path}`), weights }];
  const stored = await readWeights(manifest, { files });
  return Object.fromEntries(stored.map(({ name, data }) => [name, [...data]]));
}

const errorOf = async (run: Promise<unknown>): Promise<WgconvError> => {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WgconvError) return error;
  throw new Error(`no WgconvError but ${error}`);
};

describe('stored weights', () => {
  const entry = (name: string, shape: readonly number[], dtype = 'float32', more = {}) => ({
    ...{ name, shape, dtype, ...more },
  });
  const quantization = { dtype: 'uint8', scale: 0.5, min: -1 };

  test.each([1, 3, 4, 7, 100])('lie in shards of %i bytes one after another', async (size) => {
    const bytes = bytesOf(
      Float32Array.of(1.5, -2),
      Int32Array.of(-7),
      Uint8Array.of(1, 0, 200),
      Float32Array.of(0.25),
    );
    const weights = [
      entry('a', [2]),
      entry('b', [], 'int32'),
      ...[
        entry('c', [2], 'bool'),
        entry('d', [1], 'uint8'),
        entry('none', [0, 3]),
        entry('e', [1]),
      ],
    ];
    expect(await read(weights, bytes, size)).toEqual({
      ...{ a: [1.5, -2], b: [-7], c: [1, 0], d: [200], none: [], e: [0.25] },
    });
  });

  test('are dequantised', async () => {
    const bytes = bytesOf(
      Uint8Array.of(0, 3, 255),
      Uint8Array.of(4),
      Uint16Array.of(0, 65535),
      // 1, -2 and the greatest float16
      Uint16Array.of(0x3c00, 0xc000, 0x7bff),
    );
    const weights = [
      entry('bytes', [3], 'float32', { quantization }),
      entry('whole', [1], 'int32', { quantization: { dtype: 'uint8', scale: 0.4, min: 1 } }),
      entry('words', [2], 'float32', { quantization: { dtype: 'uint16', scale: 0.1, min: -3 } }),
      entry('halves', [3], 'float32', { quantization: { dtype: 'float16' } }),
    ];
    expect(await read(weights, bytes)).toEqual({
      bytes: [-1, 0.5, 126.5],
      whole: [3], // 2.6
      words: [-3, Math.fround(6550.5)],
      halves: [1, -2, 65504],
    });
  });

  test.each<[string, object, string]>([
    ['without a name', { shape: [1], dtype: 'float32' }, 'has no name'],
    ['of a negative size', entry('w', [-1]), 'the weight "w" has the impossible shape [-1]'],
    ['of a broken size', entry('w', [1.5]), 'the weight "w" has the impossible shape [1.5]'],
    ['of no shape', { name: 'w', dtype: 'float32' }, 'impossible shape undefined'],
    ['of absurd sizes', entry('w', [65536, 65536]), 'impossible shape [65536,65536]'],
    ['of strings', entry('w', [1], 'string'), 'elements of type "string"; wgconv reads float32'],
    [
      'quantised to another type',
      entry('w', [1], 'float32', { quantization: { dtype: 'int4' } }),
      'is quantised to "int4"',
    ],
    [
      'quantised without a scale',
      entry('w', [1], 'float32', { quantization: { dtype: 'uint8' } }),
      'without a scale and a min',
    ],
    [
      'longer than its file',
      entry('w', [3]),
      'the weight "w" [3] takes bytes 0 to 12 of "shard1.bin", which has only 8: a file is cut short',
    ],
    [
      'shorter than its file',
      entry('w', [1]),
      '"shard1.bin" has 8 bytes, but the weights of model.json take 4',
    ],
  ])('%s are refused', async (_, weight, message) => {
    const error = await errorOf(read([weight], new Uint8Array(8)));
    expect(error.message).toContain(message);
    expect(['invalid-model', 'unsupported-type']).toContain(error.code);
  });

  test('in a file that is not given, or lies elsewhere, are refused', async () => {
    const missing = await errorOf(readWeights([{ paths: ['a.bin'], weights: [] }], {}));
    expect(missing.message).toContain(`the model has weights in the file "a.bin"`);
    for (const path of ['../a.bin', 'https://x.org/a.bin', '/a.bin', '', 7]) {
      expect(() => shardPaths([{ paths: [path], weights: [] }])).toThrow('no plain path below');
    }
    expect(() => shardPaths([{ weights: [] }])).toThrow('no list of paths');
  });
});

describe('a weight', () => {
  const want = (path: string, name = 'kernel', index = 0): WantedWeight => ({
    ...{ path: path.split('/'), name, index, dims: [2] },
  });
  const stored = (...names: readonly string[]) =>
    names.map((name) => ({ name, dims: [2], data: new Float32Array(2) }));
  const match = (wanted: readonly WantedWeight[], names: readonly string[]) =>
    matchWeights(wanted, stored(...names)).map(({ name }) => name);

  test.each<[string, WantedWeight, string]>([
    ['as TensorFlow.js names it', want('model/conv'), 'conv/kernel'],
    ['with its model’s name and TensorFlow’s number', want('model/conv'), 'model/conv/kernel:0'],
    ['with a name between', want('model/conv'), 'conv/cell/kernel'],
    ['by its place, as in files of Keras 3', want('m/conv', 'bias', 1), 'layers/conv/vars/1'],
    ['as Keras 3 names it', want('model/conv', 'depthwise_kernel'), 'model/conv/kernel'],
    ['of a checkpoint', want('m/conv'), 'conv/kernel/.ATTRIBUTES/VARIABLE_VALUE'],
  ])('is found %s', (_, wanted, name) => {
    expect(match([wanted], ['other/kernel', 'conv/gamma', name])).toEqual([name]);
  });

  test('of layers with the same name is that of the nearest model, else the next one', () => {
    const wanted = [want('m/b/conv'), want('m/a/conv')];
    expect(match(wanted, ['a/conv/kernel', 'b/conv/kernel'])).toEqual([
      'b/conv/kernel',
      'a/conv/kernel',
    ]);
    const twice = stored('conv/kernel', 'conv/kernel');
    expect(matchWeights(wanted, twice)).toEqual(twice);
  });

  test('of a layer that is called as a model is its own', () => {
    expect(
      match([want('m/dense')], ['dense/inner/kernel', 'm/dense/kernel', 'dense/kernel']),
    ).toEqual(['m/dense/kernel']);
  });

  test('that is missing, or has another shape, is named with what there is', () => {
    expect(() => match([want('m/conv'), want('m/conv', 'bias')], ['conv/gamma'])).toThrow(
      'has no m/conv/kernel [2], m/conv/bias [2]; its weights are "conv/gamma"',
    );
    const wanted = { ...want('m/conv'), dims: [3, 3] };
    expect(() => match([wanted], ['conv/kernel'])).toThrow(
      'the weight "conv/kernel" has the shape [2], but the layer "m/conv" takes [3,3] for its kernel',
    );
  });
});
