/** ConvInteger, QLinearConv, MatMulInteger and QLinearMatMul by their definitions. */

import { describe, expect, test } from 'vitest';
import type { DataType } from '../../../src/core/dtype.ts';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { conformanceCases, expectPublished, hasConformance } from '../../support/conformance.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import { computeNode, expectOnnxruntimeEquals, valuesOf } from '../../support/single-node.ts';

type Attributes = Readonly<Record<string, number | string | readonly number[]>>;
type Inputs = readonly (HostTensor | undefined)[];

const node = (op: string, inputs: Inputs, attributes: Attributes = {}) => ({
  op,
  inputs,
  attributes,
});
const u8 = (dims: readonly number[], values: readonly number[]) => tensorOf(dims, values, 'uint8');
const s8 = (dims: readonly number[], values: readonly number[]) => tensorOf(dims, values, 'int8');
const f32 = (...values: readonly number[]) =>
  tensorOf(values.length === 1 ? [] : [values.length], values);
const bytes = (dims: readonly number[], seed: number, type: DataType) =>
  integers(dims, seed, {
    low: type === 'int8' ? -128 : 0,
    high: type === 'int8' ? 127 : 255,
    type,
  });

describe('MatMulInteger', () => {
  const a = u8([2, 2], [11, 7, 3, 250]);
  const b = s8([2, 2], [1, -4, 0, 127]);

  test('the zero points are taken off before the product', async () => {
    // [[1, -3], [-7, 240]] · [[2, -3], [1, 128]]
    const inputs = [a, b, u8([], [10]), s8([], [-1])];
    expect(await valuesOf(node('MatMulInteger', inputs))).toEqual([-1, -387, 226, 30741]);
  });

  test('there may be one for each row of A and each column of B', async () => {
    // [[1, -3], [0, 247]] · [[1, -5], [0, 126]]
    const inputs = [a, b, u8([2], [10, 3]), s8([2], [0, 1])];
    expect(await valuesOf(node('MatMulInteger', inputs))).toEqual([1, -383, 0, 31122]);
  });

  test('other shapes and types are refused', async () => {
    const refused = (...inputs: HostTensor[]) =>
      expect(computeNode(node('MatMulInteger', inputs))).rejects;
    await refused(a, b, u8([3], [1, 2, 3])).toThrow(
      /the zero point of x is \[3\]: it must be one number, or 2, one for each row/,
    );
    await refused(a, b, s8([], [0])).toThrow(/zero point is int8, but must be uint8/);
    await refused(a, f32(1, 2)).toThrow(/second operand is float32, but must be int8 or uint8/);
  });
});

describe('ConvInteger', () => {
  const x = u8([1, 1, 2, 2], [3, 4, 5, 6]);
  const w = u8([1, 1, 2, 2], [1, 2, 3, 4]);

  // The specification leaves open whether pads are 0 or x's zero point. They stand for real zeros:
  // onnxruntime and ONNX's reference have them so, too.
  test('padding counts for nothing, whatever the zero point of x', async () => {
    const inputs = [x, w, u8([], [3])];
    const attributes = { pads: [1, 1, 1, 1] };
    // x less its zero point is [[0, 1], [2, 3]].
    expect(await valuesOf(node('ConvInteger', inputs, attributes))).toEqual([
      0, 4, 3, 8, 20, 10, 4, 8, 3,
    ]);
  });

  test('there may be a zero point for each output channel', async () => {
    const two = u8([2, 1, 1, 1], [5, 9]);
    const inputs = [x, two, undefined, u8([2], [4, 10])];
    expect(await valuesOf(node('ConvInteger', inputs))).toEqual([3, 4, 5, 6, -3, -4, -5, -6]);
  });

  test('the zero point of x is one number', async () => {
    const inputs = [x, w, u8([2], [1, 2])];
    await expect(computeNode(node('ConvInteger', inputs))).rejects.toThrow(
      /the zero point of x is \[2\], but must be one number/,
    );
  });
});

describe('results are quantised again', () => {
  const matMul = (a: HostTensor, yZero: HostTensor, yScale = 2) =>
    node('QLinearMatMul', [
      ...[a, f32(1), s8([], [0]), s8([1, 1], [1]), f32(1), s8([], [0]), f32(yScale), yZero],
    ]);

  test('halves go to the even number, then the zero point is added', async () => {
    const a = s8([5, 1], [1, 3, 5, -1, -3]);
    expect(await valuesOf(matMul(a, u8([], [11])))).toEqual([11, 13, 13, 11, 9]);
  });

  test('they end at the ends of the type', async () => {
    const a = s8([2, 1], [127, -128]);
    expect(await valuesOf(matMul(a, u8([], [11]), 0.25))).toEqual([255, 0]);
    expect(await valuesOf(matMul(a, s8([], [11]), 0.25))).toEqual([127, -128]);
  });

  test('the zero point has the shape of the scale', async () => {
    const a = s8([2, 1], [1, 2]);
    const refused = expect(computeNode(matMul(a, u8([2], [1, 2])))).rejects;
    await refused.toThrow(
      /the scale of y is \[\], but its zero point \[2\]: they must have one shape/,
    );
  });

  test('a bias is added to the sums of QLinearConv', async () => {
    const x = u8([1, 1, 1, 2], [10, 20]);
    const w = s8([2, 1, 1, 1], [1, -2]);
    const scales = [f32(0.5), u8([], [10]), w, f32(2, 4), s8([2], [0, 0]), f32(1), u8([], [100])];
    const bias = tensorOf([2], [7, -3], 'int32');
    // (0 + 7, 10 + 7) · 0.5 · 2 and (0 − 3, −20 − 3) · 0.5 · 4
    expect(await valuesOf(node('QLinearConv', [x, ...scales, bias]))).toEqual([107, 117, 94, 54]);
  });
});

describe('onnxruntime agrees', () => {
  const weights = (type: DataType) => bytes([4, 2, 3, 3], 2, type);
  const types = [
    ['uint8', 'int8'],
    ['uint8', 'uint8'],
    ['int8', 'int8'],
  ] as const;

  test.each(types)('on QLinearConv of %s by %s, per channel, in groups', async (xType, wType) => {
    const x = bytes([2, 4, 7, 9], 1, xType);
    const zero = bytes([], 3, xType);
    const wZeros = wType === 'int8' ? s8([4], [0, 0, 0, 0]) : u8([4], [128, 128, 128, 128]);
    const bias = integers([4], 4, { low: -3000, high: 3000, type: 'int32' });
    const scales = f32(0.02123, 0.01357, 0.03119, 0.00731);
    await expectOnnxruntimeEquals(
      node(
        'QLinearConv',
        [
          x,
          f32(0.05171),
          zero,
          weights(wType),
          scales,
          wZeros,
          f32(0.4),
          bytes([], 5, xType),
          bias,
        ],
        { group: 2, pads: [1, 2, 0, 1], strides: [2, 1], dilations: [1, 2] },
      ),
    );
  });

  test('on ConvInteger with pads that stand for the zero point', async () => {
    const inputs = [bytes([1, 2, 5, 6], 1, 'uint8'), weights('uint8'), u8([], [77]), u8([], [13])];
    await expectOnnxruntimeEquals(node('ConvInteger', inputs, { pads: [1, 1, 1, 1] }));
  });

  test.each(types)('on MatMulInteger of %s by %s', async (aType, bType) => {
    const a = bytes([3, 5, 7], 1, aType);
    const b = bytes([7, 6], 2, bType);
    const zero = bytes([], 3, aType);
    await expectOnnxruntimeEquals(node('MatMulInteger', [a, b, zero, bytes([6], 4, bType)]));
  });

  test.each(types)('on QLinearMatMul of %s by %s', async (aType, bType) => {
    const a = bytes([3, 5, 7], 1, aType);
    const b = bytes([7, 6], 2, bType);
    const scales = uniform([6], 6, { scale: 0.02 });
    await expectOnnxruntimeEquals(
      node('QLinearMatMul', [
        ...[a, f32(0.05), bytes([], 3, aType), b, scales, bytes([6], 4, bType)],
        ...[f32(0.7), bytes([], 5, aType)],
      ]),
    );
  });
});

const operators = ['ConvInteger', 'QLinearConv', 'MatMulInteger', 'QLinearMatMul'];
describe.skipIf(!hasConformance)('the published cases (of ../shared, where it is there)', () => {
  test('there are twelve', () => {
    expect(conformanceCases(operators)).toHaveLength(12);
  });
  test.each(conformanceCases(operators))('%s', expectPublished);
});
