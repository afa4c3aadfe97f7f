/** Tuning without a device: who is timed, who is chosen, what is kept. */

import { describe, expect, it } from 'vitest';
import { elementsOf } from '../../../src/core/tensor.ts';
import { byEachOther, choose, likely } from '../../../src/session/tune/tuner.ts';
import { emptyTuning, mergeTuning, tuningOf } from '../../../src/session/tune/tuning.ts';
import { tensorOf, uniform } from '../../support/random.ts';

const timed = (algorithm: string, median: number, spread = 0.01) => ({
  algorithm,
  milliseconds: { median, low: median * (1 - spread), high: median * (1 + spread) },
});

describe('who is timed', () => {
  it('the first three, and the best of every family that is not hopeless', () => {
    const listed = [
      { algorithm: 'direct.1', seconds: 1 },
      { algorithm: 'direct.2', seconds: 1.1 },
      { algorithm: 'direct.3', seconds: 1.2 },
      { algorithm: 'winograd.1', seconds: 2 },
      { algorithm: 'im2col.1', seconds: 5 },
    ];
    expect(likely(listed)).toEqual(['direct.1', 'direct.2', 'direct.3', 'winograd.1']);
  });

  it('three in any case, for an estimate may be far off', () => {
    const listed = [1, 100, 200, 300].map((seconds) => ({ algorithm: `a.${seconds}`, seconds }));
    expect(likely(listed)).toEqual(['a.1', 'a.100', 'a.200']);
  });

  it('six at the most', () => {
    const listed = Array.from({ length: 20 }, (_, index) => ({
      algorithm: `family${index}.x`,
      seconds: 1 + index / 100,
    }));
    expect(likely(listed)).toHaveLength(6);
    expect(likely([])).toEqual([]);
  });
});

describe('who is chosen', () => {
  it('a faster one, beyond the spread of both', () => {
    expect(choose([timed('expected', 1), timed('other', 0.8)], 'expected')).toBe('other');
  });

  it.each([
    ['it saves too little', timed('other', 0.97)],
    ['the spreads overlap', timed('other', 0.9, 0.2)],
    ['it is rejected', { ...timed('other', 0.1), rejected: 'wrong values' }],
  ])('the expected one, where %s', (_, other) => {
    expect(choose([timed('expected', 1, 0.05), other], 'expected')).toBe('expected');
  });

  it('the best that is right, where the expected one is rejected', () => {
    const wrong = { algorithm: 'expected', rejected: 'wrong values' };
    expect(choose([wrong, timed('slow', 3), timed('fast', 2)], 'expected')).toBe('fast');
    expect(choose([wrong], 'expected')).toBeUndefined();
  });
});

describe('without a reference the others are the judge', () => {
  const right = uniform([64], 1);
  const changed = (index: number, value: number) =>
    tensorOf([64], [...(elementsOf(right) as Float32Array)].with(index, value));

  it.each([
    ['a wrong element', changed(5, 0.9)],
    ['NaN', changed(7, Number.NaN)],
    ['infinity', changed(7, Number.POSITIVE_INFINITY)],
  ])('%s', (_, wrong) => {
    const reasons = byEachOther([
      { algorithm: 'a', outputs: [right] },
      { algorithm: 'b', outputs: [wrong] },
      { algorithm: 'c', outputs: [right] },
    ]);
    expect([...reasons.keys()]).toEqual(['b']);
  });

  it('rounding is not a fault', () => {
    const rounded = tensorOf(
      [64],
      [...(elementsOf(right) as Float32Array)].map((x) => x + 1e-6),
    );
    const three = ['a', 'b', 'c'].map((algorithm, index) => ({
      algorithm,
      outputs: [index === 1 ? rounded : right],
    }));
    expect(byEachOther(three).size).toBe(0);
  });
});

describe('what is kept', () => {
  const choice = (algorithm: string) => ({ algorithm, shaders: '1' });
  const of = (device: string, problem: string, algorithm: string) => ({
    ...emptyTuning,
    devices: { [device]: { [problem]: choice(algorithm) } },
  });

  it('grows, and the newer choice stands', () => {
    const merged = mergeTuning(
      mergeTuning(of('d', 'p', 'x'), of('d', 'q', 'y')),
      of('d', 'p', 'z'),
    );
    expect(merged.devices).toEqual({ d: { p: choice('z'), q: choice('y') } });
  });

  it('passes over what is no choice', () => {
    const found = {
      ...emptyTuning,
      devices: { d: { p: choice('x'), q: { algorithm: 7 }, r: null } },
    };
    expect(tuningOf(found)?.devices).toEqual({ d: { p: choice('x') } });
    for (const foreign of [
      undefined,
      null,
      'text',
      3,
      {},
      { format: 'wgconv-tuning-1', devices: 2 },
    ])
      expect(tuningOf(foreign)).toBeUndefined();
  });
});
