/** RoiAlign and MaxRoiPool on the GPU against their references. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostTensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

let context: GpuContext;

beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
});

afterAll(() => context.dispose());

type Attributes = NonNullable<OperatorCase['attributes']>;

const align = (
  x: HostTensor,
  rois: readonly number[],
  attributes: Attributes,
  images = Array.from({ length: rois.length / 4 }, (_, at) => at % (x.dims[0] as number)),
): OperatorCase => ({
  ...{ op: 'RoiAlign', attributes },
  inputs: [
    x,
    tensorOf([images.length, 4], rois, x.type),
    tensorOf([images.length], images, 'int64'),
  ],
});

const pool = (x: HostTensor, rois: readonly number[], attributes: Attributes): OperatorCase => ({
  ...{ op: 'MaxRoiPool', attributes },
  inputs: [x, tensorOf([rois.length / 5, 5], rois, x.type)],
});

const bins = { output_height: 3, output_width: 5 };
const image = uniform([2, 5, 9, 7], 1);
/** Inside, over the edges, of no size, turned round, outside. */
const rois = [
  [0.3, 1.1, 6.2, 8.4],
  [-2, 3, 3, 12],
  [4, 4, 4.5, 5],
  [3, 3, 3, 3],
  [6, 6, 2, 1],
  [30, 2, 40, 7],
  [0, 0, 7, 9],
].flat();

test.each(
  ['avg', 'max'].flatMap((mode) =>
    ['half_pixel', 'output_half_pixel'].flatMap((transform) =>
      [0, 1, 3].map((sampling_ratio) => ({ mode, transform, sampling_ratio })),
    ),
  ),
)('RoiAlign $mode, $transform, $sampling_ratio samples', async ({ mode, transform, ...rest }) => {
  const attributes = { ...bins, ...rest, mode, coordinate_transformation_mode: transform };
  for (const spatial_scale of [1, 0.3, 2.5]) {
    const scaled = {
      ...attributes,
      spatial_scale: { kind: 'float' as const, value: spatial_scale },
    };
    expect(await checkOperator(context, align(image, rois, scaled))).toHaveLength(1);
  }
});

test.each<[string, OperatorCase]>([
  ['no regions', align(image, [], bins)],
  ['no channels', align(uniform([1, 0, 4, 4], 1), [0, 0, 2, 2], bins)],
  ['one pixel', align(uniform([1, 3, 1, 1], 2), [0, 0, 1, 1, -1, -1, 2, 2], bins)],
  ['float16', align(uniform([1, 3, 6, 5], 3, { type: 'float16' }), [0.5, 1, 4, 5.5], bins)],
  [
    'a region far larger than the image',
    align(uniform([1, 2, 6, 5], 4), [-100, -50, 200, 150], {
      output_height: 2,
      output_width: 3,
    }),
  ],
  [
    'NaN is the maximum',
    align(tensorOf([1, 1, 2, 3], [1, Number.NaN, 2, 3, 4, 5]), [0, 0, 3, 2], {
      ...{ output_width: 3, mode: 'max', sampling_ratio: 1 },
    }),
  ],
])('RoiAlign: %s', async (_, testCase) => {
  await checkOperator(context, testCase);
});

test('more rows of samples than some adapters let a loop turn', async () => {
  const x = uniform([1, 1, 130, 128], 5);
  for (const mode of ['avg', 'max']) {
    await checkOperator(context, align(x, [0, 0, 128, 130], { mode }));
  }
  const large = integers([1, 1, 300, 290], 7);
  await checkOperator(context, pool(large, [0, 0, 0, 289, 299], { pooled_shape: [1, 1] }));
});

test.each<[string, OperatorCase]>([
  [
    'many regions',
    pool(
      image,
      [1, 0.3, 1.1, 6.2, 8.4, 0, -2, 3, 3, 12, 1, 4, 4, 4, 5, 0, 10, 2, 30, 7, 0, 5, 5, 1, 1],
      {
        pooled_shape: [3, 2],
      },
    ),
  ],
  ['more bins than pixels', pool(image, [0, 1, 2, 3, 3], { pooled_shape: [7, 5] })],
  [
    'scaled',
    pool(integers([1, 3, 6, 8], 6), [0, 1, 3, 17, 11, 0, -7, -9, 5, 40], {
      ...{ pooled_shape: [2, 3], spatial_scale: 0.4 },
    }),
  ],
  ['no regions', pool(image, [], { pooled_shape: [2, 2] })],
  ['no pixels', pool(uniform([1, 2, 0, 3], 1), [0, 0, 0, 2, 2], { pooled_shape: [1, 2] })],
  ...[Number.NaN, 1e30, Number.POSITIVE_INFINITY].flatMap((far) =>
    [far, -far].map((corner): [string, OperatorCase] => [
      `corners at ${corner}`,
      pool(
        image,
        [1, 2, 3, 4].flatMap((at) => [0, 1, 1, 4, 3].with(at, corner)),
        { pooled_shape: [2, 3] },
      ),
    ]),
  ),
  [
    'float16, NaN and infinity',
    pool(
      tensorOf([1, 1, 2, 3], [1, Number.NaN, 2, Number.NEGATIVE_INFINITY, -5, -6], 'float16'),
      [0, 0, 0, 2, 1],
      { pooled_shape: [2, 3] },
    ),
  ],
])('MaxRoiPool: %s', async (_, testCase) => {
  await checkOperator(context, testCase);
});
