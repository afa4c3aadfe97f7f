/** Loops that a device would end before their time are no candidates there. */

import { expect, test } from 'vitest';
import { compatibilityCaps, type DeviceCaps } from '../../../src/gpu/caps.ts';
import { deviceTensor } from '../../../src/ops/device-tensor.ts';
import type { LoweringIO } from '../../../src/ops/operator.ts';
import { reductionCandidates, reductionProblem } from '../../../src/ops/reduce/lower.ts';
import { limitViolation } from '../../../src/plan/limits.ts';

const endless: DeviceCaps = {
  ...compatibilityCaps,
  limits: { ...compatibilityCaps.limits, loopIterations: 2 ** 32 - 1 },
};

function allowed(values: number, caps: DeviceCaps): string[] {
  const x = deviceTensor('float32', [1, values], 'linear', caps);
  const y = deviceTensor('float32', [1, 1], 'linear', caps);
  const io: LoweringIO = {
    inputs: [x],
    outputs: [y],
    epilogue: undefined,
    constant: () => undefined,
  };
  return reductionCandidates(reductionProblem('sum', x, [1], 'linear'), caps)
    .filter((candidate) => limitViolation(candidate, io, caps) === undefined)
    .map(({ algorithm }) => algorithm);
}

test('a sum of 60,000 values by one invocation is allowed, one of 70,000 is not', () => {
  expect(allowed(60_000, compatibilityCaps)).toContain('reduce_serial');
  expect(allowed(70_000, compatibilityCaps)).toEqual(['reduce_workgroup', 'reduce_split']);
});

test('a device whose loops have no end allows both', () => {
  expect(allowed(70_000, endless)).toContain('reduce_serial');
});

test('parts grow with the sum, so that one candidate fits however long it is', () => {
  expect(allowed(30_000_000, compatibilityCaps)).toContain('reduce_split');
});
