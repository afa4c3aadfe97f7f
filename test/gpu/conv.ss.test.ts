/** A 3×3 and a 1×1 convolution by every algorithm, on both adapters. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { convBasicCases } from '../support/cases/conv.ts';
import { checkOperator } from '../support/operator-case.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test.each(convBasicCases)('$name', async ({ name, algorithms, excluded, ...testCase }) => {
  const runs = await checkOperator(context, testCase);
  expect(runs.map(({ algorithm }) => algorithm)).toEqual(expect.arrayContaining([...algorithms]));
});
