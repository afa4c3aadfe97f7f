/**
 * LeNet-5: the training script's ONNX writer, the stored classifier on the digits held out from training,
 * and the same network with the layers API.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { PbfReader } from 'pbf';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { lenet5, loadLenet5 } from '../../../models/lenet5/network.ts';
import { mlp } from '../../../models/mlp/network.ts';
import {
  CLASSES,
  type Digits,
  digitImage,
  loadDigits,
  PIXELS,
  SIZE,
  splitDigits,
} from '../../../scripts/digits/digits.ts';
import { evaluate } from '../../../scripts/digits/evaluation.ts';
import { runLayers } from '../../../scripts/digits/layers-runner.ts';
import { runModel } from '../../../scripts/lenet5/onnx-runner.ts';
import { encodeModel, type OnnxModel } from '../../../scripts/lenet5/onnx-writer.ts';
import { InferenceSession, Tensor } from '../../../src/index.ts';
import type { LayersModel } from '../../../src/layers/index.ts';
import { expectSameAnswers } from '../../support/digit-scores.ts';
import { layerParameters } from '../../support/layer-parameters.ts';

const MODELS = new URL('../../../models/lenet5/', import.meta.url);
const LARGEST_FILE = 300_000;

let digits: Digits;
beforeAll(() => {
  digits = loadDigits();
});

describe('ONNX writer', () => {
  const model: OnnxModel = {
    irVersion: 7,
    opset: 13,
    producer: 'test',
    name: 'affine',
    description: '',
    nodes: [
      {
        name: 'flatten',
        opType: 'Flatten',
        inputs: ['input'],
        outputs: ['flat'],
        attributes: { axis: 1 },
      },
      {
        name: 'affine',
        opType: 'Gemm',
        inputs: ['flat', 'weight', 'bias'],
        outputs: ['probabilities'],
        attributes: {},
      },
    ],
    initializers: [
      {
        name: 'weight',
        dims: [PIXELS, 2],
        values: Float32Array.from({ length: PIXELS * 2 }, (_, i) => i % 2),
      },
      { name: 'bias', dims: [2], values: Float32Array.of(0.5, -1) },
    ],
    inputs: [{ name: 'input', dims: ['N', 1, SIZE, SIZE] }],
    outputs: [{ name: 'probabilities', dims: ['N', 2] }],
  };

  it('writes what onnxruntime reads and computes', async () => {
    const indices = Uint32Array.of(3, 5000);
    const found = await runModel(encodeModel(model), digits, indices);
    const sums = Array.from(indices, (index) =>
      digitImage(digits, index).reduce((a, b) => a + b, 0),
    );
    const expected = sums.flatMap((sum) => [0.5, sum - 1]);
    expected.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 3);
    });
  }, 60_000);

  it('writes the version, the graph and one operator set', () => {
    const fields: number[] = [];
    new PbfReader(encodeModel(model)).readFields((tag, _, reader) => {
      fields.push(tag);
      if (tag === 1) expect(reader.readVarint()).toBe(7);
      if (tag === 2) expect(reader.readString()).toBe('test');
    }, undefined);
    expect(fields).toEqual([1, 2, 6, 7, 8]);
  });
});

describe('stored classifier', () => {
  const readModel = (): Uint8Array => readFileSync(new URL('lenet5.onnx', MODELS));

  it('is at most 300 KB', () => {
    expect(readModel().length).toBeLessThanOrEqual(LARGEST_FILE);
  });

  it('knows at least 98.5 % of the 1,000 held-out digits', async () => {
    const { heldOut } = splitDigits(digits);
    const probabilities = await runModel(readModel(), digits, heldOut);
    const { correct, count } = evaluate(digits, heldOut, probabilities);
    expect(count).toBe(1000);
    expect(correct).toBeGreaterThanOrEqual(985);
  }, 60_000);

  it('comes with one held-out digit of each class, stored without loss', () => {
    const { heldOut } = splitDigits(digits);
    const names = readdirSync(new URL('digits/', MODELS)).sort();
    expect(names.map((name) => Number(name[0]))).toEqual(
      Array.from({ length: CLASSES }, (_, i) => i),
    );
    for (const name of names) {
      const index = Number(name.slice(2, 6));
      const png = PNG.sync.read(readFileSync(new URL(`digits/${name}`, MODELS)));
      expect([png.width, png.height], name).toEqual([SIZE, SIZE]);
      expect(heldOut.includes(index), name).toBe(true);
      expect(digits.labels[index], name).toBe(Number(name[0]));
      const grey = Array.from({ length: PIXELS }, (_, i) => png.data[i * 4]);
      expect(grey, name).toEqual([...digits.pixels.subarray(index * PIXELS, (index + 1) * PIXELS)]);
    }
  });
});

describe('LeNet-5 with the layers API', () => {
  let net: LayersModel;
  beforeAll(async () => {
    net = lenet5();
    await loadLenet5(net, readFileSync(new URL('lenet5.onnx', MODELS)));
  });

  it('has 61,706 parameters', () => {
    expect(layerParameters(net)).toEqual([
      ['C1', 156],
      ['C3', 2416],
      ['C5', 48_120],
      ['F6', 10_164],
      ['output', 850],
    ]);
    expect(net.countParams()).toBe(61_706);
  });

  it('answers as the ONNX file does, in onnxruntime and in wgconv', async () => {
    const indices = splitDigits(digits).heldOut.subarray(0, 40);
    const pictures = Array.from(indices, (index) => digitImage(digits, index));
    const place = (picture: Float32Array, target: Float32Array) => target.set(picture);
    const found = await runLayers(net, place, pictures, { backend: 'cpu' });

    const onnx = readFileSync(new URL('lenet5.onnx', MODELS));
    expectSameAnswers(found, await runModel(onnx, digits, indices), 1e-5);

    const session = await InferenceSession.create(onnx, { backend: 'cpu' });
    const input = new Float32Array(pictures.length * PIXELS);
    pictures.forEach((picture, row) => {
      input.set(picture, row * PIXELS);
    });
    const { probabilities } = await session.run({
      input: new Tensor('float32', input, [pictures.length, 1, SIZE, SIZE]),
    });
    // Both compute in float64 from the same weights; only sums may be in another order.
    expectSameAnswers(found, probabilities?.data as Float32Array, 1e-6);
  }, 60_000);

  it('refuses a file without its weights, by name', async () => {
    await expect(loadLenet5(mlp(), readFileSync(new URL('lenet5.onnx', MODELS)))).rejects.toThrow(
      'the ONNX file has no tensor "hidden1.weight"',
    );
  });
});
