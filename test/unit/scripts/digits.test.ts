/** What the training scripts share: augmentation, split, the filter gradient, evaluation, safetensors. */

import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawTransform,
  IDENTITY,
  type Transform,
  transformImage,
} from '../../../scripts/digits/augmentation.ts';
import {
  type Digits,
  digitImage,
  loadDigits,
  PIXELS,
  SIZE,
  splitDigits,
} from '../../../scripts/digits/digits.ts';
import {
  crossEntropy,
  evaluate,
  squaredError,
  wilsonInterval,
} from '../../../scripts/digits/evaluation.ts';
import { registerFilterGradient } from '../../../scripts/digits/filter-gradient.ts';
import { seededRandom } from '../../../scripts/digits/random.ts';
import { encodeSafetensors } from '../../../scripts/digits/safetensors.ts';

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
  beforeAll(() => {
    setThreadsCount(1);
    registerFilterGradient();
  });

  it.each([
    { stride: 1, input: [3, 9, 8, 2] },
    { stride: 2, input: [3, 9, 10, 2] },
    { stride: 2, input: [2, 10, 11, 3] }, // no window reaches the last row and column
  ] satisfies { stride: number; input: [number, number, number, number] }[])(
    "agrees with that of TensorFlow.js's CPU backend for stride $stride on $input",
    async ({ stride, input }) => {
      const gradients: Float32Array[] = [];
      const [, , , channels = 0] = input;
      for (const backend of ['cpu', 'wasm']) {
        await tf.setBackend(backend);
        const x = tf.randomNormal<tf.Rank.R4>(input, 0, 1, 'float32', 1);
        const filter = tf.randomNormal<tf.Rank.R4>([5, 4, channels, 6], 0, 1, 'float32', 2);
        const square = (weights: tf.Tensor) =>
          tf.sum(tf.square(tf.conv2d(x, weights as tf.Tensor4D, stride, 'valid')));
        gradients.push(await tf.grad(square)(filter).data<'float32'>());
      }
      const [expected, found] = gradients;
      expect(found).toHaveLength(5 * 4 * channels * 6);
      found?.forEach((value, i) => {
        expect(value, `value ${i}`).toBeCloseTo(expected?.[i] ?? Number.NaN, 2);
      });
    },
  );
});

describe('evaluation', () => {
  it('counts right answers and takes the mean of the loss, worked out by hand', () => {
    const labels = Uint8Array.of(1, 0);
    const two: Digits = { pixels: new Uint8Array(2 * PIXELS), labels, count: 2 };
    const scores = new Float32Array(20).fill(-1);
    scores[1] = 1; // right, without an error
    scores[12] = 0.5; // a 2 instead of a 0
    const found = evaluate(two, Uint32Array.of(0, 1), scores, squaredError);
    expect(found).toEqual({ correct: 1, count: 2, loss: (1.5 ** 2 + 2 ** 2) / 10 / 2 });
    const probabilities = new Float32Array(20).fill(0.05);
    probabilities[1] = 0.5;
    const { loss } = evaluate(two, Uint32Array.of(0, 1), probabilities, crossEntropy);
    expect(loss).toBeCloseTo((Math.log(2) + Math.log(20)) / 2, 6);
  });
});

describe('safetensors', () => {
  it('is written as the format says, byte by byte', () => {
    const bytes = encodeSafetensors({ a: { shape: [2, 1], values: Float32Array.of(1, -2) } });
    const json = '{"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}';
    expect(json).toHaveLength(56); // a multiple of 8: no spaces follow
    expect([...bytes]).toEqual([
      ...[56, 0, 0, 0, 0, 0, 0, 0],
      ...new TextEncoder().encode(json),
      ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0],
    ]);
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
