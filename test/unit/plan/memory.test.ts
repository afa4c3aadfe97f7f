/** The memory plan never lets two tensors that live at once share a buffer, and stays near the bound. */

import { describe, expect, it } from 'vitest';
import { type Lifetime, liveBytes, planMemory } from '../../../src/plan/memory.ts';
import { generator } from '../../support/random.ts';

function life(bytes: number, first: number, last: number): Lifetime {
  return { bytes, first, last };
}

describe('liveBytes', () => {
  it('is the greatest sum at one step, both ends of a life included', () => {
    // Step 1 holds the first two, step 2 the last two.
    expect(liveBytes([life(10, 0, 1), life(20, 1, 2), life(5, 2, 3)])).toBe(30);
  });

  it('is zero for nothing', () => {
    expect(liveBytes([])).toBe(0);
  });
});

describe('planMemory', () => {
  it('gives a chain two buffers, used in turn', () => {
    const chain = [life(64, 0, 1), life(64, 1, 2), life(64, 2, 3), life(64, 3, 4)];
    const { assignment, buffers } = planMemory(chain);
    expect(buffers).toEqual([64, 64]);
    expect(assignment[0]).toBe(assignment[2]);
    expect(assignment[1]).toBe(assignment[3]);
    expect(assignment[0]).not.toBe(assignment[1]);
  });

  it('keeps a residual alive over the block that it skips', () => {
    const residual = life(100, 0, 3);
    const { assignment } = planMemory([residual, life(100, 1, 2), life(100, 2, 3)]);
    expect(new Set(assignment).size).toBe(3);
  });

  it('never overlaps lives in one buffer, never makes a buffer too small (seeded random graphs)', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = generator(seed);
      const lifetimes = Array.from({ length: 40 }, (_, index) =>
        life(16 * (1 + Math.floor(random() * 100)), index, index + 1 + Math.floor(random() * 6)),
      );
      const { assignment, buffers } = planMemory(lifetimes);
      lifetimes.forEach((tensor, index) => {
        const buffer = assignment[index] as number;
        expect(buffers[buffer]).toBeGreaterThanOrEqual(tensor.bytes);
        lifetimes.forEach((other, at) => {
          if (at <= index || assignment[at] !== buffer) return;
          expect(other.first > tensor.last || tensor.first > other.last).toBe(true);
        });
      });
      expect(buffers.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(
        liveBytes(lifetimes),
      );
    }
  });

  it('gives the same plan for the same lives', () => {
    const random = generator(7);
    const lifetimes = Array.from({ length: 60 }, (_, index) =>
      life(16 * (1 + Math.floor(random() * 100)), index, index + 1 + Math.floor(random() * 9)),
    );
    expect(planMemory(lifetimes)).toEqual(planMemory(lifetimes));
  });
});
