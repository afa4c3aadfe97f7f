/** Comparing what two programs say to the same digits. */

import { expect } from 'vitest';
import { CLASSES } from '../../scripts/digits/digits.ts';

/** The ten scores of each digit agree within `bound`, and so do the answers. */
export function expectSameAnswers(
  found: Float32Array,
  expected: Float32Array,
  bound: number,
): void {
  expect(found.length).toBe(expected.length);
  found.forEach((score, i) => {
    const want = expected[i] ?? Number.NaN;
    const where = `digit ${Math.floor(i / CLASSES)}, score ${i % CLASSES}: ${score} for ${want}`;
    expect(Math.abs(score - want), where).toBeLessThanOrEqual(bound);
  });
  expect(answers(found)).toEqual(answers(expected));
}

function answers(scores: Float32Array): readonly number[] {
  return Array.from({ length: scores.length / CLASSES }, (_, row) => {
    const own = scores.subarray(row * CLASSES, (row + 1) * CLASSES);
    return own.indexOf(Math.max(...own));
  });
}
