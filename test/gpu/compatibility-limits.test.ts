/** Everything again on a device that is clamped to WebGPU's compatibility limits. */

import { afterAll, describe, expect, it, test } from 'vitest';
import { compatibilityCaps } from '../../src/gpu/caps.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { convCases } from '../support/cases/conv.ts';
import { checkOperator } from '../support/operator-case.ts';
import { integers, uniform } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume', compatibilityLimits: true });
afterAll(() => context.dispose());

describe('a device clamped to compatibility limits', () => {
  it('is clamped', () => {
    expect(context.caps.limits).toEqual(compatibilityCaps.limits);
    expect(context.caps.f16).toBe(false);
    expect(context.device.limits.maxComputeInvocationsPerWorkgroup).toBeLessThanOrEqual(256);
  });

  test.each(convCases)(
    'convolution: $name',
    async ({ name, algorithms, excluded, ...testCase }) => {
      const runs = await checkOperator(context, testCase);
      expect(runs.length).toBeGreaterThan(0);
    },
  );

  test.each([
    {
      op: 'Conv',
      attributes: { group: 12, pads: [1, 1, 1, 1] },
      inputs: [integers([1, 12, 9, 7], 1), integers([12, 1, 3, 3], 2)],
      constants: [1],
      exact: true,
    },
    {
      op: 'MaxPool',
      attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
      inputs: [integers([2, 5, 12, 11], 3)],
      exact: true,
    },
    { op: 'GlobalAveragePool', inputs: [uniform([2, 37, 13, 11], 4)] },
    { op: 'Softmax', inputs: [uniform([3, 1001], 5, { scale: 8 })] },
    {
      op: 'Gemm',
      attributes: { transB: 1 },
      inputs: [integers([3, 70], 6), integers([33, 70], 7), integers([33], 8)],
      constants: [1, 2],
      exact: true,
    },
    { op: 'Add', inputs: [integers([2, 5, 3, 4], 9), integers([5, 1, 1], 10)], exact: true },
  ])('$op', async (testCase) => {
    const runs = await checkOperator(context, testCase);
    expect(runs.length).toBeGreaterThan(0);
  });
});
