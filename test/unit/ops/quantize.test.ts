/** QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear by their definitions. */

import { describe, expect, test } from 'vitest';
import type { DataType } from '../../../src/core/dtype.ts';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { conformanceCases, expectPublished, hasConformance } from '../../support/conformance.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  computeTensors,
  expectOnnxruntimeEquals,
  valuesOf,
} from '../../support/single-node.ts';

const vector = (values: readonly number[], type: DataType = 'float32') =>
  tensorOf([values.length], values, type);
const scalar = (value: number, type: DataType = 'float32') => tensorOf([], [value], type);
const quantize = (inputs: readonly (HostTensor | undefined)[], attributes = {}) => ({
  op: 'QuantizeLinear',
  inputs,
  attributes,
});
const dequantize = (inputs: readonly (HostTensor | undefined)[], attributes = {}) => ({
  op: 'DequantizeLinear',
  inputs,
  attributes,
});

describe('QuantizeLinear', () => {
  test('halves go to the even number before the zero point is added', async () => {
    const x = vector([1, 3, 5, -1, -3, 4]);
    expect(await valuesOf(quantize([x, scalar(2), scalar(1, 'int8')]))).toEqual([
      1, 3, 3, 1, -1, 3,
    ]);
  });

  test.each([
    ['uint8', [0, 255]],
    ['int8', [-128, 127]],
    ['uint16', [0, 65535]],
    ['int16', [-32768, 32767]],
  ] as const)('%s ends at %j, infinities too', async (type, [low, high]) => {
    const x = vector([-1e6, 1e6, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    const got = await valuesOf(quantize([x, scalar(1)], { output_dtype: typeNumbers[type] }));
    expect(got).toEqual([low, high, low, high]);
  });

  test('without a zero point the result is uint8, and output_dtype says otherwise', async () => {
    const [plain] = await computeNode(quantize([vector([1]), scalar(1)]));
    expect(plain?.type).toBe('uint8');
    const [asked] = await computeNode(quantize([vector([1]), scalar(1)], { output_dtype: 3 }));
    expect(asked?.type).toBe('int8');
  });

  test('a scale for each index of an axis, counted from the end too', async () => {
    const x = tensorOf([2, 2, 2], [10, 20, 30, 40, 50, 60, 70, 80]);
    const zero = vector([0, 100], 'uint8');
    const inputs = [x, vector([10, 5]), zero];
    const want = [1, 2, 106, 108, 5, 6, 114, 116];
    expect(await valuesOf(quantize(inputs, { axis: 1 }))).toEqual(want);
    expect(await valuesOf(quantize(inputs, { axis: -2 }))).toEqual(want);
    const last = await valuesOf(quantize(inputs, { axis: 2 }));
    expect(last).toEqual([1, 104, 3, 108, 5, 112, 7, 116]);
  });

  test('blocks along an axis, the last one shorter', async () => {
    const x = tensorOf([2, 3], [10, 20, 30, 40, 50, 60]);
    const scale = tensorOf([2, 2], [1, 2, 5, 10]);
    expect(await valuesOf(quantize([x, scale], { axis: 1, block_size: 2 }))).toEqual([
      10, 20, 15, 8, 10, 6,
    ]);
    const along = tensorOf([1, 3], [1, 2, 5]);
    expect(await valuesOf(quantize([x, along], { axis: 0, block_size: 2 }))).toEqual([
      10, 10, 6, 40, 25, 12,
    ]);
  });

  test('the division has the precision of the scale, or that of the attribute', async () => {
    // 4.501 is no float16: the nearest one is 4.5, whose even neighbour is 4.
    const x = vector([4.501]);
    expect(await valuesOf(quantize([x, scalar(1)]))).toEqual([5]);
    expect(await valuesOf(quantize([x, scalar(1, 'float16')]))).toEqual([4]);
    expect(await valuesOf(quantize([x, scalar(1)], { precision: 10 }))).toEqual([4]);
    expect(await valuesOf(quantize([x, scalar(1, 'float16')], { precision: 1 }))).toEqual([5]);
  });

  test('int32 is quantised, NaN becomes the zero point', async () => {
    expect(
      await valuesOf(quantize([vector([7, -9], 'int32'), scalar(2), scalar(9, 'uint8')])),
    ).toEqual([13, 5]);
    expect(await valuesOf(quantize([vector([Number.NaN]), scalar(2), scalar(9, 'uint8')]))).toEqual(
      [9],
    );
  });

  test.each([
    [{ output_dtype: 22 }, /element type 22 of ONNX is not supported/],
    [{ output_dtype: 17, saturate: 0 }, /element type 17/],
    [{ output_dtype: 6 }, /y is int32, but must be int8, uint8/],
    [{ block_size: -1 }, /"block_size" must not be negative/],
    [{ precision: 11 }, /"precision" must be float32 or float16/],
  ])('%j is refused', async (attributes, message) => {
    await expect(computeNode(quantize([vector([1]), scalar(1)], attributes))).rejects.toThrow(
      message,
    );
  });

  test('shapes that do not fit are refused', async () => {
    const x = tensorOf([2, 3], [1, 2, 3, 4, 5, 6]);
    const refused = (scale: HostTensor, attributes: object, message: RegExp, zero?: HostTensor) =>
      expect(computeNode(quantize([x, scale, zero], attributes))).rejects.toThrow(message);
    await refused(vector([1, 2]), {}, /the scale is \[2\], but x \[2,3\] needs \[3\] along axis 1/);
    await refused(vector([1, 2]), { axis: 5 }, /there is no axis 5/);
    await refused(tensorOf([2, 2], [1, 1, 1, 1]), { block_size: 1 }, /needs \[2,3\].*blocks of 1/);
    await refused(vector([1, 2, 3]), {}, /must have one shape/, scalar(1, 'uint8'));
    const message = /output_dtype is int8, but y_zero_point is uint8/;
    await refused(scalar(1), { output_dtype: 3 }, message, scalar(1, 'uint8'));
  });
});

const typeNumbers = { uint8: 2, int8: 3, uint16: 4, int16: 5 } as const;

describe('DequantizeLinear', () => {
  test('the zero point is taken off first', async () => {
    const x = vector([0, 3, 128, 255], 'uint8');
    expect(await valuesOf(dequantize([x, scalar(2), scalar(128, 'uint8')]))).toEqual([
      -256, -250, 0, 254,
    ]);
  });

  test('per axis, in blocks and of int32', async () => {
    const x = tensorOf([2, 3], [1, 2, 3, 4, 5, 6], 'int8');
    const zero = vector([1, 2], 'int8');
    const perAxis = dequantize([x, vector([2, 3]), zero], { axis: 0 });
    expect(await valuesOf(perAxis)).toEqual([0, 2, 4, 6, 9, 12]);
    const blocked = dequantize([x, tensorOf([2, 2], [1, 2, 3, 4])], { axis: 1, block_size: 2 });
    expect(await valuesOf(blocked)).toEqual([1, 2, 6, 12, 15, 24]);
    expect(await valuesOf(dequantize([vector([-70000], 'int32'), scalar(0.5)]))).toEqual([-35000]);
  });

  test('the result has the type of the scale, or output_dtype', async () => {
    const x = vector([1], 'int8');
    const [plain] = await computeNode(dequantize([x, scalar(1, 'float16')]));
    expect(plain?.type).toBe('float16');
    const [asked] = await computeNode(dequantize([x, scalar(1, 'float16')], { output_dtype: 1 }));
    expect(asked?.type).toBe('float32');
  });

  test('other types are refused', async () => {
    const of = (...inputs: HostTensor[]) => expect(computeNode(dequantize(inputs))).rejects;
    await of(vector([1]), scalar(1)).toThrow(/x is float32, but must be int8/);
    await of(vector([1], 'int8'), scalar(1), scalar(1, 'uint8')).toThrow(/x_zero_point is uint8/);
  });
});

describe('DynamicQuantizeLinear', () => {
  const dynamic = (x: HostTensor) => ({
    op: 'DynamicQuantizeLinear',
    inputs: [x],
    outputCount: 3,
  });

  test('brings the range of x and zero to [0, 255]', async () => {
    const x = dynamic(vector([-1, 0, 2, 4.1]));
    expect(await valuesOf(x, 0)).toEqual([0, 50, 150, 255]);
    expect(await valuesOf(x, 1)).toEqual([Math.fround(Math.fround(5.1) / 255)]);
    expect(await valuesOf(x, 2)).toEqual([50]);
  });

  test('an x that is all zero, or empty, has a scale all the same', async () => {
    for (const x of [vector([0, 0]), vector([])]) {
      const [y, scale, zero] = await computeTensors(dynamic(x));
      expect([...(y?.bytes ?? [])]).toEqual([...x.dims.flatMap((size) => Array(size).fill(0))]);
      expect(scale && [...new Float32Array(scale.bytes.slice().buffer)]).toEqual([
        Math.fround(1 / 255),
      ]);
      expect([...(zero?.bytes ?? [])]).toEqual([0]);
    }
  });

  test.each([
    ['both signs', uniform([1001], 1, { scale: 3 })],
    ['all above zero', integers([50], 2, { low: 3, high: 90 })],
    ['all below zero', integers([50], 3, { low: -90, high: -3 })],
  ])('onnxruntime agrees: %s', async (_, x) => {
    await expectOnnxruntimeEquals(dynamic(x));
  });
});

describe('onnxruntime agrees', () => {
  const x = uniform([3, 5, 7], 1, { scale: 100 });
  const scales = tensorOf([5], [0.1, 0.37, 1, 2.5, 0.011]);
  const zero8 = integers([5], 2, { low: -9, high: 9, type: 'int8' });
  const zero16 = integers([5], 3, { low: 0, high: 900, type: 'uint16' });
  test.each([
    ['per axis, int8', [x, scales, zero8], { axis: 1 }],
    ['per axis, uint16', [x, scales, zero16], { axis: 1 }],
    ['per tensor', [x, scalar(0.7), scalar(17, 'uint8')], {}],
    [
      'blocked',
      [x, uniform([3, 3, 7], 4), integers([3, 3, 7], 5, { type: 'int8' })],
      { axis: 1, block_size: 2 },
    ],
  ] as const)('on QuantizeLinear %s', async (_, inputs, attributes) => {
    await expectOnnxruntimeEquals(quantize(inputs, attributes));
  });

  const q8 = integers([3, 5, 7], 6, { low: -128, high: 127, type: 'int8' });
  const q16 = integers([3, 5, 7], 7, { low: 0, high: 65535, type: 'uint16' });
  const q32 = integers([3, 5, 7], 8, { low: -1e6, high: 1e6, type: 'int32' });
  test.each([
    ['per axis, int8', [q8, scales, zero8], { axis: 1 }],
    ['per axis, uint16', [q16, scales, zero16], { axis: 1 }],
    ['per tensor, int32', [q32, scalar(0.7)], {}],
  ] as const)('on DequantizeLinear %s', async (_, inputs, attributes) => {
    await expectOnnxruntimeEquals(dequantize(inputs, attributes));
  });
});

const operators = ['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear'];
describe.skipIf(!hasConformance)('the published cases (of ../shared, where it is there)', () => {
  test('there are fourteen', () => {
    expect(conformanceCases(operators)).toHaveLength(14);
  });
  test.each(conformanceCases(operators))('%s', expectPublished);
});
