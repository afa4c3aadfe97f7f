/** What `wgconv tune` prints. */

import { describe, expect, it } from 'vitest';
import { defaultCache, describeTuning } from '../../../src/cli/commands/tune.ts';
import type { TunedProblem } from '../../../src/session/tune/tuning.ts';

const timed = (algorithm: string, median: number) => ({
  algorithm,
  milliseconds: { median, low: median - 0.1, high: median + 0.1 },
});

const problem: TunedProblem = {
  operator: 'Conv',
  nodes: ['a', 'b'],
  problem: JSON.stringify([
    'Conv',
    {},
    null,
    [
      ['float32', [1, 8, 9, 9], 'c4', false],
      ['float32', [4, 8, 3, 3], 'linear', true],
    ],
    [['float32', [1, 4, 7, 7], 'c4', false]],
  ]),
  candidates: [
    timed('conv_direct', 4),
    timed('winograd', 3),
    { algorithm: 'planted', rejected: 'wrong values: 7 elements' },
  ],
  expected: 'conv_direct',
  chosen: 'winograd',
  quantised: true,
};

describe('the table', () => {
  it('lists candidates by time, with what became of each', () => {
    const lines = describeTuning([problem], false).split('\n');
    expect(lines[1]).toMatch(/^Conv 1×8×9×9, 4×8×3×3 → 1×4×7×7 .*"a" and 1 more$/);
    expect(lines[2]).toMatch(/^ {2}winograd +3\.00 ms +2\.90 ms – 3\.10 ms +chosen$/);
    expect(lines[3]).toMatch(/^ {2}conv_direct .*the cost model's$/);
    expect(lines[4]).toMatch(/^ {2}planted .*rejected: wrong values: 7 elements$/);
  });

  it('adds up every node, before and after', () => {
    const text = describeTuning([problem], true);
    expect(text).toContain('1 problem timed, 1 with another choice');
    expect(text).toContain('8.00 ms before, 6.00 ms after');
    expect(text).toContain('1 candidate rejected');
    expect(text).toContain('coarse');
    expect(text).not.toContain('chosen');
  });

  it('says so where nothing was timed', () => {
    expect(describeTuning([], false)).toMatch(/^Nothing was timed/);
  });
});

it('keeps choices where the system keeps caches', () => {
  expect(defaultCache({ XDG_CACHE_HOME: '/caches' })).toBe('/caches/wgconv/tuning.json');
  expect(defaultCache({})).toMatch(/\.cache\/wgconv\/tuning\.json$/);
});
