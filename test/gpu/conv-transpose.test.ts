/** Transposed convolutions: every candidate, equal on small integers, lanes past the end zero. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, uniform } from '../support/random.ts';

let context: GpuContext;

beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
});

afterAll(() => context.dispose());

type Attributes = NonNullable<OperatorCase['attributes']>;

async function check(
  x: readonly number[],
  w: readonly number[],
  attributes: Attributes,
  more: Partial<OperatorCase> = {},
) {
  const group = Number(attributes.group ?? 1);
  const runs = await checkOperator(context, {
    op: 'ConvTranspose',
    attributes,
    inputs: [integers(x, 1), integers(w, 2), integers([(w[1] as number) * group], 3)],
    constants: [1, 2],
    exact: true,
    ...more,
  });
  expect(runs.length).toBeGreaterThan(0);
  return runs;
}

test.each<[string, readonly number[], readonly number[], Attributes]>([
  ['2×2 stride 2, as a U-Net has it', [1, 8, 5, 7], [8, 12, 2, 2], { strides: [2, 2] }],
  ['3×3 stride 2', [2, 5, 4, 3], [5, 6, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['4×4 stride 2, four pads', [1, 3, 6, 5], [3, 9, 4, 4], { strides: [2, 2], pads: [0, 1, 2, 3] }],
  ['stride 1', [1, 6, 5, 5], [6, 4, 3, 3], { pads: [1, 1, 1, 1] }],
  ['stride beyond the kernel', [1, 2, 3, 3], [2, 3, 2, 2], { strides: [3, 5] }],
  ['dilated', [1, 4, 5, 6], [4, 3, 3, 2], { strides: [2, 1], dilations: [3, 2] }],
  [
    'dilation and stride of one divisor',
    [1, 4, 5, 6],
    [4, 3, 3, 3],
    { strides: [4, 6], dilations: [6, 4] },
  ],
  ['output_padding', [1, 3, 4, 4], [3, 2, 3, 3], { strides: [2, 3], output_padding: [1, 2] }],
  ['output_shape', [1, 3, 4, 4], [3, 2, 3, 3], { strides: [2, 2], output_shape: [8, 9] }],
  [
    'output far larger than the input reaches',
    [1, 3, 2, 2],
    [3, 2, 2, 2],
    { output_shape: [9, 7] },
  ],
  ['one input pixel', [3, 7, 1, 1], [7, 5, 3, 3], { strides: [2, 2] }],
  ['groups of four', [1, 16, 4, 5], [16, 8, 3, 3], { group: 2, strides: [2, 2] }],
  ['groups that straddle blocks', [2, 6, 4, 5], [6, 3, 3, 3], { group: 3, strides: [2, 2] }],
  ['depthwise', [1, 5, 4, 4], [5, 1, 4, 4], { group: 5, strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['one axis', [2, 3, 9], [3, 4, 5], { pads: [3, 1], strides: [2] }],
  [
    'three axes',
    [1, 3, 3, 4, 2],
    [3, 5, 2, 3, 3],
    { strides: [2, 1, 3], pads: [0, 1, 0, 1, 0, 1] },
  ],
  ['no batch', [0, 3, 4, 4], [3, 2, 3, 3], {}],
])('%s', async (_, x, w, attributes) => {
  await check(x, w, attributes);
});

test('zero-mean values stay within the bound of their sums', async () => {
  await check(
    [1, 24, 9, 11],
    [24, 10, 4, 4],
    { strides: [2, 2], pads: [1, 1, 1, 1] },
    {
      inputs: [uniform([1, 24, 9, 11], 1), uniform([24, 10, 4, 4], 2), uniform([10], 3)],
      exact: false,
    },
  );
});
