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

/** A dispatch reads each tensor and writes the next one. */
function chainConflicts(length: number): Map<number, Set<number>> {
  return new Map(
    Array.from({ length }, (_, index) => [
      index,
      new Set([index - 1, index + 1].filter((other) => other >= 0 && other < length)),
    ]),
  );
}

/** Throws where two tensors that live at once overlap, or a dispatch's two sides share a buffer. */
function expectSound(
  lifetimes: readonly Lifetime[],
  conflicts: ReadonlyMap<number, ReadonlySet<number>>,
): void {
  const { placements, buffers } = planMemory(lifetimes, conflicts);
  lifetimes.forEach((tensor, index) => {
    const own = placements[index];
    if (!own) throw new Error(`tensor ${index} has no place`);
    expect(own.offset % 256).toBe(0);
    expect(buffers[own.buffer]).toBeGreaterThanOrEqual(own.offset + tensor.bytes);
    lifetimes.forEach((other, at) => {
      const its = placements[at];
      if (at <= index || !its || its.buffer !== own.buffer) return;
      expect(conflicts.get(index)?.has(at)).not.toBe(true);
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
      [0, new Set([1, 2])],
      [1, new Set([0, 2])],
      [2, new Set([0, 1])],
    ]);
    const { placements } = planMemory(lifetimes, conflicts);
    expect(new Set(placements.map(({ buffer }) => buffer)).size).toBe(3);
  });

  it('is sound on seeded random graphs', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = generator(seed);
      const lifetimes = Array.from({ length: 40 }, (_, index) =>
        life(16 * (1 + Math.floor(random() * 100)), index, index + 1 + Math.floor(random() * 6)),
      );
      expectSound(lifetimes, chainConflicts(40));
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
