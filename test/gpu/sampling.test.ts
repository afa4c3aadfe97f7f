/** GridSample and AffineGrid on the GPU against their references. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

let context: GpuContext;

beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
});

afterAll(() => context.dispose());

const sample = (
  inputs: OperatorCase['inputs'],
  attributes: NonNullable<OperatorCase['attributes']> = {},
): OperatorCase => ({ op: 'GridSample', inputs, attributes });

const modes = ['linear', 'nearest', 'cubic'].flatMap((mode) =>
  ['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
    [0, 1].map((align_corners) => ({ mode, padding_mode, align_corners })),
  ),
);

test.each(modes)('$mode, $padding_mode, align_corners $align_corners', async (attributes) => {
  const image = uniform([2, 5, 7, 6], 1);
  await checkOperator(
    context,
    sample([image, uniform([2, 9, 11, 2], 2, { scale: 2.5 })], attributes),
  );
  const volume = uniform([1, 3, 4, 3, 5], 3);
  await checkOperator(
    context,
    sample([volume, uniform([1, 3, 5, 2, 3], 4, { scale: 1.8 })], attributes),
  );
});

test('positions that float32 has exactly give pixels exactly', async () => {
  const grid = tensorOf([1, 1, 6, 2], [-1, -1, 1, 1, 0, 0, -0.5, 0.5, 0.25, -0.75, 2, -3]);
  const image = integers([1, 2, 5, 5], 5);
  for (const mode of ['linear', 'nearest']) {
    const attributes = { mode, align_corners: 1, padding_mode: 'border' };
    await checkOperator(context, { ...sample([image, grid], attributes), exact: true });
  }
});

test('a large image: positions of thousands of pixels', async () => {
  const image = uniform([1, 1, 3, 4093], 6);
  const grid = uniform([1, 1, 500, 2], 7, { scale: 1.1 });
  for (const mode of ['linear', 'nearest', 'cubic']) {
    await checkOperator(context, sample([image, grid], { mode, padding_mode: 'reflection' }));
  }
});

const one = (values: readonly number[]) => tensorOf([1, 1, values.length / 2, 2], values);

test.each<[string, OperatorCase]>([
  ['one axis', sample([uniform([2, 3, 9], 8), uniform([2, 7, 1], 9, { scale: 1.5 })])],
  ['one pixel', sample([uniform([1, 5, 1, 1], 10), uniform([1, 4, 5, 2], 11, { scale: 3 })])],
  [
    'one pixel, reflected at its centre',
    sample([uniform([1, 5, 1, 1], 10), uniform([1, 4, 5, 2], 11, { scale: 3 })], {
      ...{ align_corners: 1, padding_mode: 'reflection' },
    }),
  ],
  ['no images', sample([uniform([0, 3, 4, 4], 1), uniform([0, 2, 2, 2], 1)])],
  ['no pixels', sample([uniform([1, 3, 4, 4], 1), uniform([1, 0, 2, 2], 1)])],
  [
    'positions without end, and none',
    sample([
      uniform([1, 2, 3, 4], 12),
      one([
        Number.POSITIVE_INFINITY,
        0,
        0,
        Number.NEGATIVE_INFINITY,
        1e30,
        0.3,
        Number.NaN,
        0,
        0.1,
        0.2,
      ]),
    ]),
  ],
  [
    'NaN and infinity in the image stay where they are read',
    sample([
      tensorOf([1, 1, 2, 4], [1, 2, Number.NaN, 4, 5, Number.POSITIVE_INFINITY, 7, 8]),
      one([-0.9, -0.5, 0.9, 0.6, 0.1, -0.5, -0.2, 0.6, 0.8, -0.6]),
    ]),
  ],
  [
    'nearest moves integers',
    sample(
      [
        integers([1, 5, 4, 3], 13, { type: 'int32', low: -(2 ** 31), high: 2 ** 31 - 1 }),
        uniform([1, 5, 5, 2], 14),
      ],
      { mode: 'nearest' },
    ),
  ],
  [
    'float16 by a grid of float32',
    sample([uniform([1, 5, 4, 3], 15, { type: 'float16' }), uniform([1, 5, 5, 2], 16)]),
  ],
  [
    'float32 by a grid of float16',
    sample([uniform([1, 5, 4, 3], 15), uniform([1, 5, 5, 2], 16, { type: 'float16' })], {
      mode: 'cubic',
    }),
  ],
])('%s', async (_, testCase) => {
  expect(await checkOperator(context, testCase)).toHaveLength(1);
});

test.each([
  [2, 3, 5, 7],
  [1, 2, 3, 4, 5],
  [1, 1, 1, 6],
  [0, 1, 4, 4],
])('AffineGrid of [%i, %i, %i, %i, …]', async (...size) => {
  const axes = size.length - 2;
  for (const align_corners of [0, 1]) {
    await checkOperator(context, {
      ...{ op: 'AffineGrid', attributes: { align_corners }, constants: [1] },
      inputs: [
        uniform([size[0] as number, axes, axes + 1], 17, { scale: 2 }),
        tensorOf([size.length], size, 'int64'),
      ],
    });
  }
});
