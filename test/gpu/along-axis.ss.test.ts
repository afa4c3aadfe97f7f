/** ArgMax, ArgMin, CumSum and Trilu on the GPU: every layout and algorithm against the reference. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { alongAxisCases } from '../support/cases/along-axis.ts';
import { checkOperator } from '../support/operator-case.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test.each(alongAxisCases)('$name', async ({ algorithms = [], ...testCase }) => {
  const runs = await checkOperator(context, testCase);
  expect(runs.length).toBeGreaterThan(0);
  expect(runs.map(({ algorithm }) => algorithm)).toEqual(expect.arrayContaining([...algorithms]));
});
