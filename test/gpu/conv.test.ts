/** Convolutions of one group on the GPU: every layout and algorithm against the reference. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { convCases } from '../support/cases/conv.ts';
import { checkOperator } from '../support/operator-case.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test.each(convCases)('$name', async ({ name, algorithms, excluded = [], ...testCase }) => {
  const runs = await checkOperator(context, testCase);
  const ran = runs.map(({ algorithm }) => algorithm);
  expect(ran).toEqual(expect.arrayContaining([...algorithms]));
  for (const prefix of excluded) {
    expect(
      ran.filter((algorithm) => algorithm.startsWith(prefix)),
      prefix,
    ).toEqual([]);
  }
});
