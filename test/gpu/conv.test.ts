/** Convolutions of one group on the GPU: every layout and algorithm against the reference. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { convCases } from '../support/cases/conv.ts';
import { hardwareContext } from '../support/hardware-caps.ts';
import { checkOperator } from '../support/operator-case.ts';
import { integers } from '../support/random.ts';

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

test('direct tiles that are meant for GPUs', async () => {
  const hardware = await hardwareContext();
  for (const strides of [
    [1, 1],
    [2, 1],
  ]) {
    const runs = await checkOperator(hardware, {
      op: 'Conv',
      attributes: { pads: [1, 1, 1, 1], strides },
      inputs: [integers([2, 6, 10, 9], 1), integers([9, 6, 3, 3], 2)],
      constants: [1],
      exact: true,
      only: /^conv_direct/,
    });
    const names = runs.map(({ algorithm }) => algorithm);
    expect(names.includes('conv_direct.8x2s')).toBe(strides[0] === 1);
  }
  hardware.dispose();
});
