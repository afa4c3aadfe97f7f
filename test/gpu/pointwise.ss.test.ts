/** Pointwise operators on a second adapter, where it comes to NaN, infinity and signs. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { pointwiseSpecialCases } from '../support/cases/pointwise.ts';
import { checkOperator } from '../support/operator-case.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test.each(pointwiseSpecialCases)('$name', async (testCase) => {
  const runs = await checkOperator(context, testCase);
  expect(runs.length).toBeGreaterThan(0);
});
