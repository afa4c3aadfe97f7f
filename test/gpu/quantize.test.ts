/** QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear on the GPU against the reference. */

import { expect, test } from 'vitest';
import { elementsOf } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

const x = uniform([3, 5, 7], 1, { scale: 100 });
const half = uniform([3, 5, 7], 1, { scale: 100, type: 'float16' });
const scales = tensorOf([5], [0.1, 0.37, 1, 2.5, 0.011]);
const halfScales = tensorOf([5], [0.125, 0.37, 1, 2.5, 0.25], 'float16');
const zeros = integers([5], 2, { low: -9, high: 9, type: 'int8' });
const scalar = tensorOf([], [0.7]);
const q8 = integers([3, 5, 7], 6, { low: -128, high: 127, type: 'int8' });
const q16 = integers([3, 5, 7], 7, { low: 0, high: 65535, type: 'uint16' });
const q32 = integers([3, 5, 7], 8, { low: -1e6, high: 1e6, type: 'int32' });
const blocks = uniform([3, 3, 7], 4, { scale: 3 });
const blockZeros = integers([3, 3, 7], 5, { low: 0, high: 65535, type: 'uint16' });
const blocked = { axis: 1, block_size: 2 };

const quantizeCases: readonly (readonly [
  string,
  OperatorCase['inputs'],
  Readonly<Record<string, number>>,
])[] = [
  ['per tensor', [x, scalar], {}],
  ['per axis', [x, scales, zeros], { axis: 1 }],
  ['blocked', [x, blocks, blockZeros], blocked],
  ['float16', [half, halfScales, zeros], { axis: 1 }],
  ['float16 divided in float32', [half, halfScales, zeros], { axis: 1, precision: 1 }],
  ['float32 divided in float16', [x, scales, zeros], { axis: 1, precision: 10 }],
  ['int32', [q32, tensorOf([], [12345])], { output_dtype: 5 }],
  [
    'what is not finite',
    [tensorOf([3], [Number.NaN, -1 / 0, 1 / 0]), scalar, tensorOf([], [9], 'int8')],
    {},
  ],
  ['nothing', [uniform([0, 5], 1), scales, zeros], { axis: 1 }],
];

test.each(quantizeCases)('QuantizeLinear %s', async (_, inputs, attributes) => {
  await checkOperator(context, { op: 'QuantizeLinear', opset: 25, inputs, attributes });
});

test('QuantizeLinear rounds halves to the even number and keeps to the range', async () => {
  const inputs = [
    tensorOf([6], [1, 3, 5, -1, -3, 1e6]),
    tensorOf([], [2]),
    tensorOf([], [1], 'int8'),
  ];
  const [run] = await checkOperator(context, { op: 'QuantizeLinear', inputs });
  expect([...(run?.outputs[0]?.data ?? [])]).toEqual([1, 3, 3, 1, -1, 127]);
});

test.each([
  ['per tensor', [q32, scalar], {}],
  ['per axis', [q8, scales, zeros], { axis: 1 }],
  ['blocked', [q16, blocks, blockZeros], blocked],
  ['float16', [q8, halfScales, zeros], { axis: 1 }],
  ['float16 into float32', [q8, halfScales, zeros], { axis: 1, output_dtype: 1 }],
] as const)('DequantizeLinear %s', async (_, inputs, attributes) => {
  await checkOperator(context, { op: 'DequantizeLinear', opset: 25, inputs, attributes });
});

test.each([
  ['a few values', tensorOf([4], [-1, 0, 2, 4.1]), [0, 50, 150, 255]],
  ['nothing but zeros', tensorOf([3], [0, 0, 0]), [0, 0, 0]],
  ['values above zero', tensorOf([5], [3, 6, 9, 12, 15]), [51, 102, 153, 204, 255]],
] as const)('DynamicQuantizeLinear of %s', async (_, values, want) => {
  const testCase = { op: 'DynamicQuantizeLinear', inputs: [values], outputCount: 3 };
  const [run] = await checkOperator(context, testCase);
  expect([...(run?.outputs[0]?.data ?? [])]).toEqual(want);
});

test('DynamicQuantizeLinear of many values sees the one at the end', async () => {
  const many = uniform([7, 11, 1001], 1);
  (elementsOf(many) as Float32Array).set([-20], 7 * 11 * 1001 - 1);
  const testCase = { op: 'DynamicQuantizeLinear', inputs: [many], outputCount: 3 };
  const [run] = await checkOperator(context, testCase);
  expect(run?.outputs[0]?.data[7 * 11 * 1001 - 1]).toBe(0);
});

test('DynamicQuantizeLinear of nothing', async () => {
  const testCase = { op: 'DynamicQuantizeLinear', inputs: [uniform([0], 1)], outputCount: 3 };
  const [run] = await checkOperator(context, testCase);
  expect(run?.outputs[1]?.data[0]).toBeCloseTo(1 / 255, 8);
});
