/** Pointwise operators on the GPU: every layout of every case against the reference. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { pointwiseCases } from '../support/cases/pointwise.ts';
import { checkOperator } from '../support/operator-case.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test.each(pointwiseCases)('$name', async (testCase) => {
  const runs = await checkOperator(context, testCase);
  expect(runs.length).toBeGreaterThan(0);
});

test('one operand of a C4 sum may be constant by channel, in its linear layout', async () => {
  const [testCase] = pointwiseCases.filter(({ name }) => name === 'Add of a constant by channel');
  const runs = await checkOperator(context, testCase ?? { op: 'Add', inputs: [] });
  expect(runs.map(({ layout }) => layout)).toEqual(['c4 linear → c4', 'linear linear → linear']);
});
