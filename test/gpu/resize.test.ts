/** Resize and Upsample: every layout, every mode, against the float64 reference. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostTensor, hostTensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

let context: GpuContext;

beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
});

afterAll(() => context.dispose());

type Attributes = NonNullable<OperatorCase['attributes']>;

interface Given {
  readonly roi?: readonly number[];
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
}

const floats = (values: readonly number[] | undefined) =>
  values && tensorOf([values.length], [...values]);

async function check(x: HostTensor, given: Given, attributes: Attributes = {}, layouts = 2) {
  const { roi, scales, sizes } = given;
  const runs = await checkOperator(context, {
    op: 'Resize',
    opset: 19,
    attributes,
    inputs: [
      x,
      floats(roi),
      floats(scales),
      sizes && hostTensor('int64', [sizes.length], BigInt64Array.from(sizes, BigInt)),
    ],
    constants: [1, 2, 3],
  });
  expect(new Set(runs.map(({ layout }) => layout)).size).toBe(layouts);
}

const image = () => uniform([2, 5, 7, 6], 1);
const transform = (name: string) => ({ coordinate_transformation_mode: name });

test.each<[string, Given, Attributes]>([
  ['nearest, twice as large', { scales: [1, 1, 2, 2] }, {}],
  ['nearest, odd sizes', { sizes: [2, 5, 9, 4] }, { nearest_mode: 'ceil' }],
  ['linear up', { scales: [1, 1, 2, 3] }, { mode: 'linear' }],
  ['linear down', { sizes: [2, 5, 3, 4] }, { mode: 'linear' }],
  [
    'linear, align_corners',
    { sizes: [2, 5, 13, 11] },
    { mode: 'linear', ...transform('align_corners') },
  ],
  ['linear, one axis', { sizes: [2, 5, 7, 11] }, { mode: 'linear' }],
  ['linear, the other', { sizes: [2, 5, 3, 6] }, { mode: 'linear' }],
  ['cubic', { sizes: [2, 5, 10, 5] }, { mode: 'cubic' }],
  ['cubic, exclude_outside', { sizes: [2, 5, 10, 5] }, { mode: 'cubic', exclude_outside: 1 }],
  ['linear, antialias', { sizes: [2, 5, 3, 2] }, { mode: 'linear', antialias: 1 }],
  ['cubic, antialias of one axis', { sizes: [2, 5, 3, 9] }, { mode: 'cubic', antialias: 1 }],
  ['axes in another order', { sizes: [4, 9] }, { mode: 'linear', axes: [3, 2] }],
  ['nothing changes', { sizes: [2, 5, 7, 6] }, { mode: 'linear' }],
])('%s', async (_, given, attributes) => {
  await check(image(), given, attributes);
});

test.each<[string, readonly number[], Given, Attributes]>([
  [
    'tf_crop_and_resize',
    [1, 2, 6, 5],
    { roi: [0, 0, 0.4, 0.6, 1, 1, 1.2, 1.7], sizes: [1, 2, 4, 4] },
    { mode: 'linear', extrapolation_value: 10.5, ...transform('tf_crop_and_resize') },
  ],
  ['three spatial axes', [1, 2, 3, 4, 5], { sizes: [1, 2, 5, 7, 4] }, { mode: 'linear' }],
  ['channels', [2, 5, 3, 3], { sizes: [2, 7, 3, 3] }, { mode: 'linear' }],
  ['all axes of a matrix', [5, 6], { scales: [1.5, 0.5] }, { mode: 'linear' }],
])('%s', async (_, dims, given, attributes) => {
  await check(uniform(dims, 1), given, attributes, 1);
});

test('int32 moves as it is; Upsample is Resize by scales', async () => {
  const x = hostTensor('int32', [1, 1, 2, 3], Int32Array.of(-1, 2, -3, 4, 2 ** 31 - 1, -(2 ** 31)));
  await check(x, { scales: [1, 1, 2, 2] }, {}, 1);
  const runs = await checkOperator(context, {
    op: 'Upsample',
    opset: 9,
    inputs: [integers([1, 4, 3, 2], 1), floats([1, 1, 2, 3])],
    constants: [1],
    exact: true,
  });
  expect(runs.length).toBe(2);
});
