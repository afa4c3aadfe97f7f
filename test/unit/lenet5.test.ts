/** The LeNet-5 training script's parts, and the stored classifier on the digits held out from training. */

import { readdirSync, readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { PbfReader } from 'pbf';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawTransform,
  IDENTITY,
  type Transform,
  transformImage,
} from '../../scripts/lenet5/augmentation.ts';
import {
  CLASSES,
  type Digits,
  digitImage,
  loadDigits,
  PIXELS,
  SIZE,
  splitDigits,
} from '../../scripts/lenet5/digits.ts';
import { evaluate, wilsonInterval } from '../../scripts/lenet5/evaluation.ts';
import { registerFilterGradient } from '../../scripts/lenet5/filter-gradient.ts';
import { runModel } from '../../scripts/lenet5/onnx-runner.ts';
import { encodeModel, type OnnxModel } from '../../scripts/lenet5/onnx-writer.ts';
import { seededRandom } from '../../scripts/lenet5/random.ts';

const MODELS = new URL('../../models/lenet5/', import.meta.url);
const LARGEST_FILE = 300_000;

let digits: Digits;
beforeAll(() => {
  digits = loadDigits();
});

function transformed(image: Float32Array, transform: Partial<Transform>): Float32Array {
  const target = new Float32Array(image.length);
  transformImage(image, SIZE, { ...IDENTITY, ...transform }, target);
  return target;
}

describe('augmentation', () => {
  it('leaves the picture as it is under the identity', () => {
    const image = digitImage(digits, 4321);
    expect(transformed(image, {})).toEqual(image);
  });

  it('moves every pixel by a shift of one, and black comes in', () => {
    const image = digitImage(digits, 4321);
    const shifted = transformed(image, { shiftX: 1, shiftY: -1 });
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const inside = x >= 1 && y + 1 < SIZE;
        const expected = inside ? image[(y + 1) * SIZE + x - 1] : 0;
        expect(shifted[y * SIZE + x], `pixel (${x}, ${y})`).toBe(expected);
      }
    }
  });

  it('turns by a quarter clockwise, as the y axis points down', () => {
    const image = digitImage(digits, 4321);
    const turned = transformed(image, { rotation: Math.PI / 2 });
    for (let y = 0; y < SIZE; y++) {
      for (let x = 0; x < SIZE; x++) {
        const expected = image[(SIZE - 1 - x) * SIZE + y] ?? Number.NaN;
        expect(turned[y * SIZE + x], `pixel (${x}, ${y})`).toBeCloseTo(expected, 5);
      }
    }
  });

  it('makes the content smaller by a scale below 1: a quarter of the sum of values', () => {
    const sum = (values: Float32Array): number => values.reduce((a, b) => a + b, 0);
    const square = Float32Array.from({ length: PIXELS }, (_, i) => {
      const [x, y] = [i % SIZE, Math.floor(i / SIZE)];
      return Math.max(Math.abs(x - 13.5), Math.abs(y - 13.5)) < 8 ? 1 : 0;
    });
    expect(sum(transformed(square, { scale: 0.5 })) / sum(square)).toBeCloseTo(0.25, 5);
  });

  it('draws the same transforms from the same seed, within the range', () => {
    const range = { shift: 2, degrees: 12, scale: 0.1 };
    const draw = (seed: number): Transform[] => {
      const random = seededRandom(seed, 'test');
      return Array.from({ length: 100 }, () => drawTransform(random, range));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    for (const { shiftX, shiftY, rotation, scale } of draw(1)) {
      expect(Math.max(Math.abs(shiftX), Math.abs(shiftY))).toBeLessThanOrEqual(2);
      expect(Math.abs(rotation)).toBeLessThanOrEqual((12 * Math.PI) / 180);
      expect(Math.abs(scale - 1)).toBeLessThanOrEqual(0.1);
    }
  });
});

describe('split', () => {
  it('parts the 10,000 digits into 9,000 and 1,000, always the same', () => {
    const { training, heldOut } = splitDigits(digits);
    expect([training.length, heldOut.length]).toEqual([9000, 1000]);
    expect(new Set([...training, ...heldOut]).size).toBe(10_000);
    expect(Array.from(heldOut.subarray(0, 5))).toEqual([2316, 5655, 4741, 9358, 61]);
  });

  it('shares no picture between the two', () => {
    const { training, heldOut } = splitDigits(digits);
    const picture = (index: number): string =>
      Buffer.from(digits.pixels.subarray(index * PIXELS, (index + 1) * PIXELS)).toString('latin1');
    const seen = new Set(Array.from(training, picture));
    expect(Array.from(heldOut, picture).filter((pixels) => seen.has(pixels))).toEqual([]);
  });
});

describe('filter gradient', () => {
  it("agrees with that of TensorFlow.js's CPU backend", async () => {
    setThreadsCount(1);
    registerFilterGradient();
    const gradients: Float32Array[] = [];
    for (const backend of ['cpu', 'wasm']) {
      await tf.setBackend(backend);
      const input = tf.randomNormal<tf.Rank.R4>([3, 9, 8, 2], 0, 1, 'float32', 1);
      const filter = tf.randomNormal<tf.Rank.R4>([5, 4, 2, 6], 0, 1, 'float32', 2);
      const square = (weights: tf.Tensor) =>
        tf.sum(tf.square(tf.conv2d(input, weights as tf.Tensor4D, 1, 'valid')));
      gradients.push(await tf.grad(square)(filter).data<'float32'>());
    }
    const [expected, found] = gradients;
    expect(found).toHaveLength(5 * 4 * 2 * 6);
    found?.forEach((value, i) => {
      expect(value, `value ${i}`).toBeCloseTo(expected?.[i] ?? Number.NaN, 2);
    });
  });
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
  });

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
  });

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

describe("Wilson's interval", () => {
  it('agrees with a published value', () => {
    // 81 of 263 (Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I).
    const { low, high } = wilsonInterval(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });
});
