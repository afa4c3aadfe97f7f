/** Where a run is submitted in parts. */

import { describe, expect, it } from 'vitest';
import { pausesOf } from '../../../src/plan/pauses.ts';
import type { NodePlan, Step } from '../../../src/plan/plan.ts';

/** A plan of nodes that take so many seconds, in so many dispatches each. */
function plan(seconds: readonly number[], dispatches = 1) {
  const steps = seconds.flatMap((_, node) =>
    Array.from({ length: dispatches }, () => ({ kind: 'dispatch', node }) as Step),
  );
  const nodes = seconds.map(
    (own): NodePlan => ({
      home: 'device',
      reason: '',
      candidates: [
        { algorithm: 'chosen', seconds: own },
        { algorithm: 'other', seconds: 9 },
      ],
    }),
  );
  return { steps, nodes };
}

describe('a run', () => {
  it('is one submission where it is short', () => {
    expect(pausesOf(plan(Array.from({ length: 100 }, () => 0.002)))).toEqual(new Set());
  });

  it('is submitted in parts of a quarter of a second, between nodes', () => {
    expect(pausesOf(plan([0.1, 0.1, 0.1, 0.1, 0.1]))).toEqual(new Set([2, 4]));
    expect(pausesOf(plan([0.2, 0.2], 3))).toEqual(new Set([3]));
  });

  it('gives a long node a submission of its own', () => {
    expect(pausesOf(plan([2, 0.01, 3, 0.01]))).toEqual(new Set([1, 2, 3]));
  });
});
