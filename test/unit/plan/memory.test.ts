/** The memory plan never lets two tensors that live at once share a buffer, and stays near the bound. */

import { describe, expect, it } from 'vitest';
import { type Conflicts, type Lifetime, liveBytes, planMemory } from '../../../src/plan/memory.ts';
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

const never = Number.POSITIVE_INFINITY;

function counts(others: readonly number[], count: number): Map<number, number> {
  return new Map(others.map((other) => [other, count]));
}

/** A dispatch reads each tensor and writes the next one. */
function chainConflicts(length: number, count = never): Map<number, Map<number, number>> {
  return new Map(
    Array.from({ length }, (_, index) => [
      index,
      counts(
        [index - 1, index + 1].filter((other) => other >= 0 && other < length),
        count,
      ),
    ]),
  );
}

/** Throws where two tensors that live at once overlap, or a dispatch's two sides share a buffer. */
function expectSound(lifetimes: readonly Lifetime[], conflicts: Conflicts): void {
  const { placements, buffers } = planMemory(lifetimes, conflicts);
  lifetimes.forEach((tensor, index) => {
    const own = placements[index];
    if (!own) throw new Error(`tensor ${index} has no place`);
    expect(own.offset % 256).toBe(0);
    expect(buffers[own.buffer]).toBeGreaterThanOrEqual(own.offset + tensor.bytes);
    lifetimes.forEach((other, at) => {
      const its = placements[at];
      if (at <= index || !its || its.buffer !== own.buffer) return;
      expect(conflicts.get(index)?.get(at)).not.toBe(never);
      const apartInTime = other.first > tensor.last || tensor.first > other.last;
      const apart =
        own.offset + tensor.bytes <= its.offset || its.offset + other.bytes <= own.offset;
      expect(apartInTime || apart).toBe(true);
    });
  });
  expect(buffers.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(
    liveBytes(lifetimes),
  );
}

describe('planMemory', () => {
  it('gives a chain two buffers, used in turn', () => {
    const chain = [life(64, 0, 1), life(64, 1, 2), life(64, 2, 3), life(64, 3, 4)];
    const { placements, buffers } = planMemory(chain, chainConflicts(4));
    expect(buffers).toEqual([64, 64]);
    expect(placements.map(({ buffer }) => buffer)).toEqual([0, 1, 0, 1]);
  });

  it('puts two small tensors into the room of a large one that is dead', () => {
    const { buffers } = planMemory([life(1024, 0, 1), life(512, 2, 3), life(512, 2, 3)]);
    expect(buffers).toEqual([1024]);
  });

  it('keeps a residual alive over the block that it skips', () => {
    const lifetimes = [life(100, 0, 3), life(100, 1, 2), life(100, 2, 3)];
    const conflicts = new Map([
      [0, counts([1, 2], never)],
      [1, counts([0, 2], never)],
      [2, counts([0, 1], never)],
    ]);
    const { placements } = planMemory(lifetimes, conflicts);
    expect(new Set(placements.map(({ buffer }) => buffer)).size).toBe(3);
  });

  it('shares a buffer between two sides of a dispatch only where that saves a tenth', () => {
    // 8, then 6 and 6 at once: apart they need 14, in one buffer 12.
    const large = [life(8192, 0, 1), life(16, 1, 2), life(6144, 2, 3), life(6144, 3, 4)];
    expect(planMemory(large, chainConflicts(4)).buffers).toEqual([8192, 6144]);
    const { placements, buffers } = planMemory(large, chainConflicts(4, 1));
    expect(buffers.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(1.01 * 12288);
    expect(placements[2]?.buffer).toBe(placements[3]?.buffer);
    // 8, then 7.5 and 7.5: apart they need 15.5, the least is 15.
    const even = [life(8192, 0, 1), life(16, 1, 2), life(7680, 2, 3), life(7680, 3, 4)];
    expect(planMemory(even, chainConflicts(4, 1))).toEqual(planMemory(even, chainConflicts(4)));
  });

  it('is sound on seeded random graphs', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = generator(seed);
      const lifetimes = Array.from({ length: 40 }, (_, index) =>
        life(16 * (1 + Math.floor(random() * 100)), index, index + 1 + Math.floor(random() * 6)),
      );
      expectSound(lifetimes, chainConflicts(40));
      expectSound(lifetimes, chainConflicts(40, 1));
    }
  });

  it('gives the same plan for the same lives', () => {
    const random = generator(7);
    const lifetimes = Array.from({ length: 60 }, (_, index) =>
      life(16 * (1 + Math.floor(random() * 100)), index, index + 1 + Math.floor(random() * 9)),
    );
    const conflicts = chainConflicts(60);
    expect(planMemory(lifetimes, conflicts)).toEqual(planMemory(lifetimes, conflicts));
  });
});
