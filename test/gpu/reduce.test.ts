/** Reductions on the GPU: every layout and algorithm of every case against the reference. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { reduceCases } from '../support/cases/reduce.ts';
import { checkOperator } from '../support/operator-case.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test.each(reduceCases)('$name', async ({ algorithms = [], ...testCase }) => {
  const runs = await checkOperator(context, testCase);
  expect(runs.map(({ algorithm }) => algorithm)).toEqual(expect.arrayContaining([...algorithms]));
});
