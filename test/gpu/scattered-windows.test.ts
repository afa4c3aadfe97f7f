/** MaxUnpool, Col2Im and CenterCropPad on the GPU against their references. */

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

const ints = (...values: number[]) => tensorOf([values.length], values, 'int64');

const unpool = (
  x: HostTensor,
  indices: readonly number[],
  attributes: Attributes,
  shape?: readonly number[],
): OperatorCase => ({
  ...{ op: 'MaxUnpool', attributes, constants: [2], exact: true },
  inputs: [x, tensorOf(x.dims, indices, 'int64'), ...(shape ? [ints(...shape)] : [])],
});

const square = { kernel_shape: [2, 2], strides: [2, 2] };

test.each<[string, OperatorCase]>([
  ['where the values were', unpool(integers([1, 1, 2, 2], 1, { low: 1 }), [5, 7, 13, 15], square)],
  [
    'into output_shape',
    unpool(uniform([1, 1, 2, 2], 2), [6, 8, 16, 24], { ...square, strides: [1, 1] }, [1, 1, 5, 5]),
  ],
  [
    'the later of two values for one place',
    unpool(
      uniform([2, 1, 70], 3),
      Array.from({ length: 140 }, (_, at) => (at * 7) % 60),
      {
        kernel_shape: [2],
      },
    ),
  ],
  [
    'float16',
    unpool(uniform([1, 1, 3], 4, { type: 'float16' }), [0, 5, 3], {
      kernel_shape: [2],
      strides: [2],
    }),
  ],
  ['no values', unpool(uniform([1, 0, 3], 5), [], { kernel_shape: [2] })],
  [
    'no values into some output',
    unpool(uniform([0, 1, 3], 5), [], { kernel_shape: [2] }, [1, 1, 9]),
  ],
])('MaxUnpool: %s', async (_, testCase) => {
  expect(await checkOperator(context, testCase)).toHaveLength(1);
});

const col2im = (
  x: HostTensor,
  image: readonly number[],
  block: readonly number[],
  attributes: Attributes = {},
): OperatorCase => ({
  ...{ op: 'Col2Im', attributes, constants: [1, 2] },
  inputs: [x, ints(...image), ints(...block)],
});

test.each<[string, OperatorCase]>([
  ['two axes', col2im(uniform([2, 12, 20], 6), [5, 6], [2, 2])],
  [
    'strides, dilations, pads',
    col2im(uniform([1, 12, 12], 7), [6, 6], [2, 3], {
      ...{ strides: [2, 1], dilations: [1, 2], pads: [1, 0, 0, 2] },
    }),
  ],
  ['one axis', col2im(uniform([1, 9, 5], 8), [7], [3])],
  ['three axes', col2im(uniform([2, 16, 12], 9), [3, 4, 3], [2, 2, 2])],
  ['four axes', col2im(uniform([1, 16, 6], 10), [2, 3, 2, 4], [2, 2, 2, 2])],
  ['float16', col2im(uniform([1, 8, 9], 11, { type: 'float16' }), [4, 4], [2, 2])],
  ['no images', col2im(uniform([0, 8, 9], 12), [4, 4], [2, 2])],
  [
    'more taps than some adapters let a loop turn',
    col2im(uniform([1, 70_000, 3], 13), [3], [70_000], { pads: [0, 69_999] }),
  ],
])('Col2Im: %s', async (_, testCase) => {
  expect(await checkOperator(context, testCase)).toHaveLength(1);
});

const crop = (x: HostTensor, shape: readonly number[], axes?: readonly number[]): OperatorCase => ({
  ...{ op: 'CenterCropPad', constants: [1], exact: true, attributes: { axes } },
  inputs: [x, ints(...shape)],
});

test.each<[string, OperatorCase]>([
  ['cut and padded', crop(uniform([2, 5, 7, 6], 14), [3, 2, 9, 11])],
  ['some axes', crop(uniform([3, 7, 6], 15), [4, 9], [-1, 0])],
  ['nothing to do', crop(uniform([3, 7, 6], 16), [3, 7, 6])],
  ['int8', crop(integers([3, 7], 17, { type: 'int8', low: -128, high: 127 }), [5, 4])],
  ['float16', crop(uniform([3, 7], 18, { type: 'float16' }), [4, 3])],
  ['of nothing', crop(uniform([0, 3], 19), [2, 2])],
  ['to nothing', crop(uniform([2, 3], 20), [2, 0])],
])('CenterCropPad: %s', async (_, testCase) => {
  expect(await checkOperator(context, testCase)).toHaveLength(1);
});
