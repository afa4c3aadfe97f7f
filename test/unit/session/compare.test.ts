/** What the check of a node lets pass, and what not. */

import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/session/compare.ts';
import type { EvaluatedTensor } from '../../../src/session/evaluate.ts';
import { tensorOf } from '../../support/random.ts';

const half = (...value: number[]): EvaluatedTensor => ({
  type: 'float16',
  dims: [value.length],
  value: Float64Array.from(value),
});
const noSum = () => {
  throw new Error('there is no sum here');
};
const judged = (type: 'float16' | 'float32', actual: number[], expected: number[]) =>
  compare(tensorOf([actual.length], actual, type), half(...expected), 'sum', noSum);

describe('float16', () => {
  it('is rounded once where it is stored so, and not where it lies as float32', () => {
    expect(judged('float16', [2050, 1], [2049, 1.0004]).ok).toBe(true); // a tie, and half a step
    expect(judged('float16', [2052, 1], [2049, 1]).ok).toBe(false);
    expect(judged('float32', [2049, 1.0004], [2049, 1.0004]).ok).toBe(true);
    expect(judged('float32', [2050, 1], [2049, 1]).ok).toBe(false);
  });

  it('may overflow, which shows nothing; with the wrong sign or too early it is wrong', () => {
    const { POSITIVE_INFINITY: infinity } = Number;
    const right = judged('float16', [infinity, 65504, 1], [70000, 70000, 1]);
    expect([right.ok, right.unchecked]).toEqual([true, 'non-finite']);
    expect(judged('float16', [-infinity, 1], [70000, 1]).ok).toBe(false);
    expect(judged('float16', [infinity, 1], [60000, 1]).ok).toBe(false);
    expect(judged('float32', [infinity, 1], [70000, 1]).ok).toBe(false);
    expect(judged('float16', [1, 2], [1, 2]).unchecked).toBeUndefined();
  });
});
