/** What is shown of an output. */
import { describe, expect, test } from 'vitest';
import {
  classificationTable,
  classify,
  describeTensor,
  labelsFor,
  scoresOf,
} from '../../../src/cli/classification.ts';
import { halfBlocks, sideBySide } from '../../../src/cli/digit-art.ts';
import { hostTensor } from '../../../src/core/tensor.ts';

const tensor = (dims: number[], ...values: number[]) =>
  hostTensor('float32', dims, Float32Array.from(values));

describe('scoresOf', () => {
  test('a vector for each sample of the batch', () => {
    const output = tensor([2, 3, 1, 1], 1, 2, 3, 4, 5, 6);
    expect([...(scoresOf(output, 2, 1) ?? [])]).toEqual([4, 5, 6]);
    expect([...(scoresOf(tensor([3], 7, 8, 9), 1, 0) ?? [])]).toEqual([7, 8, 9]);
  });

  test('boxes, pictures, single values and integers are no classes', () => {
    expect(scoresOf(tensor([1, 2, 2], 1, 2, 3, 4), 1, 0)).toBeUndefined();
    expect(scoresOf(tensor([1, 1], 1), 1, 0)).toBeUndefined();
    expect(scoresOf(tensor([4], 1, 2, 3, 4), 2, 0)).toBeUndefined();
    const ints = hostTensor('int32', [1, 2], Int32Array.from([1, 2]));
    expect(scoresOf(ints, 1, 0)).toBeUndefined();
  });
});

describe('classify', () => {
  test('probabilities stay as they are, greatest first', () => {
    const { top, softmaxApplied } = classify(Float64Array.from([0.1, 0.7, 0.2]), 2, ['a', 'b']);
    expect(softmaxApplied).toBe(false);
    expect(top).toEqual([
      { rank: 1, index: 1, label: 'b', probability: 0.7 },
      { rank: 2, index: 2, label: undefined, probability: 0.2 },
    ]);
  });

  test('anything else goes through softmax', () => {
    const { top, softmaxApplied } = classify(Float64Array.from([1000, 1001]), 2, undefined);
    expect(softmaxApplied).toBe(true);
    expect(top[0]?.probability).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  });

  test('says where the list of labels has another length, and where scores are not finite', () => {
    const right = Float64Array.of(0.1, 0.7, 0.2);
    expect(classify(right, 2, ['a', 'b', 'c']).warnings).toEqual([]);
    expect(classify(right, 2, ['background', 'a', 'b', 'c']).warnings).toEqual([]);
    expect(classify(right, 2, undefined).warnings).toEqual([]);
    expect(classify(right, 2, ['a', 'b']).warnings).toEqual([
      'The list of labels has 2, but there are 3 classes: names may be wrong.',
    ]);
    expect(classify(Float64Array.of(1, Number.NaN), 2, undefined).warnings).toEqual([
      '1 of 2 scores are not finite.',
    ]);
  });

  test('a list of labels may begin with a background that the model has not', () => {
    const labels = ['background', 'cat', 'dog'];
    expect(labelsFor(labels, 2)).toEqual(['cat', 'dog']);
    expect(labelsFor(labels, 3)).toBe(labels);
    expect(labelsFor(['bear', 'cat', 'dog'], 2)).toHaveLength(3);
  });

  test('the table shows rank, label or number, bar and probability', () => {
    const text = classificationTable(classify(Float64Array.from([0.75, 0.25]), 2, ['cat']));
    const [, first, second] = text.split('\n');
    expect(first).toBe(`   1  cat      ${'█'.repeat(18)}        0.7500`);
    expect(second).toBe(`   2  class 1  ${'█'.repeat(6)}                    0.2500`);
  });
});

test('a tensor: all of it where it is small, statistics where it is not', () => {
  expect(describeTensor('y', tensor([2], 1, 2.5))).toBe('"y" float32[2]: 1 2.5');
  const many = tensor([9], 0, 1, 2, 3, 4, 5, 6, 7, Number.NaN);
  expect(describeTensor('y', many)).toBe('"y" float32[9]: from 0 to 7, mean 3.5, 1 not finite');
  expect(describeTensor('y', tensor([0]))).toBe('"y" float32[0]: empty');
});

test('a digit is drawn two rows of pixels to a line', () => {
  const ink = [255, 0, 255, 255, 0, 0, 255, 0];
  const pixels = Float32Array.from(ink.flatMap((value) => [value, value, value]));
  // Two columns, four rows, drawn two wide and one high: rows are averaged by twos.
  expect(halfBlocks({ width: 2, height: 2, pixels: pixels.subarray(0, 12) }, 2)).toEqual(['█▄']);
  expect(sideBySide([['ab', 'c'], ['d']], 6)).toEqual(['ab  d', 'c']);
  expect(sideBySide([['ab'], ['d']], 3)).toEqual(['ab', 'd']);
});
