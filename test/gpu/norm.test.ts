/** BatchNormalization and LRN on the GPU: every layout and algorithm of every case against the reference. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { batchNormCases, lrnCases } from '../support/cases/norm.ts';
import { checkOperator } from '../support/operator-case.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test.each([...batchNormCases, ...lrnCases])('$name', async ({ algorithms = [], ...testCase }) => {
  const runs = await checkOperator(context, testCase);
  expect(runs.map(({ algorithm }) => algorithm)).toEqual(expect.arrayContaining([...algorithms]));
});
