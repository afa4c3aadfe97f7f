/** Integer convolutions and matrix products on the GPU: sums must be equal, however computed. */

import { describe, expect, test } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import { elementsOf, type HostTensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { hardwareContext } from '../support/hardware-caps.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

const bytes = (dims: readonly number[], seed: number, type: DataType) =>
  integers(dims, seed, {
    low: type === 'int8' ? -128 : 0,
    high: type === 'int8' ? 127 : 255,
    type,
  });

/** The case with its last operands fed, and with constant weights. */
async function check(testCase: OperatorCase, weights: readonly number[]): Promise<void> {
  const fed = await checkOperator(context, testCase);
  const kinds = fed.map(({ algorithm }) => algorithm);
  expect(kinds.some((algorithm) => algorithm.includes('unpacked'))).toBe(true);
  expect(kinds.some((algorithm) => algorithm.includes('dot'))).toBe(context.caps.packedDot);
  await checkOperator(context, { ...testCase, constants: weights });
}

const types = [
  ['uint8', 'int8'],
  ['uint8', 'uint8'],
  ['int8', 'uint8'],
  ['int8', 'int8'],
] as const;

describe('ConvInteger', () => {
  test.each(types)('of %s by %s, with zero points and pads', async (x, w) => {
    const inputs = [
      ...[bytes([2, 5, 9, 7], 1, x), bytes([7, 5, 3, 3], 2, w)],
      ...[bytes([], 3, x), bytes([7], 4, w)],
    ];
    const attributes = { pads: [1, 0, 2, 1], strides: [2, 1] };
    await check({ op: 'ConvInteger', inputs, attributes }, [1, 3]);
  });

  test.each([
    ['one axis, SAME_UPPER', [2, 6, 11], [9, 6, 4], { auto_pad: 'SAME_UPPER', strides: [2] }],
    ['three axes', [1, 3, 4, 5, 6], [6, 3, 2, 3, 2], { pads: [1, 1, 0, 0, 1, 1] }],
    ['groups', [2, 6, 5, 7], [10, 3, 3, 3], { group: 2, dilations: [1, 2] }],
    [
      'depthwise, two for each channel',
      [1, 6, 8, 7],
      [12, 1, 3, 3],
      { group: 6, pads: [1, 1, 1, 1] },
    ],
    ['one tap', [1, 37, 13, 11], [33, 37, 1, 1], {}],
    ['no images', [0, 3, 4, 4], [2, 3, 1, 1], {}],
    ['no channels', [1, 0, 4, 4], [2, 0, 1, 1], {}],
  ] as const)('%s', async (_, x, w, attributes) => {
    const inputs = [bytes(x, 1, 'uint8'), bytes(w, 2, 'int8'), bytes([], 3, 'uint8')];
    const testCase = { op: 'ConvInteger', inputs, attributes };
    await checkOperator(context, { ...testCase, constants: [1] });
  });

  test('depthwise, with a zero point for each channel', async () => {
    const inputs = [
      ...[bytes([2, 6, 9, 7], 1, 'uint8'), bytes([6, 1, 3, 2], 2, 'uint8')],
      ...[bytes([], 3, 'uint8'), bytes([6], 4, 'uint8')],
    ];
    const attributes = { group: 6, pads: [1, 0, 2, 1], strides: [2, 1], dilations: [1, 2] };
    await check({ op: 'ConvInteger', inputs, attributes }, [1, 3]);
    const runs = await checkOperator(context, { op: 'ConvInteger', inputs, attributes });
    expect(runs.map(({ algorithm }) => algorithm)).toContain('integer_depthwise');
  });

  test('weights without a zero point need no sums of the source', async () => {
    const inputs = [bytes([1, 5, 6, 6], 1, 'int8'), bytes([3, 5, 2, 2], 2, 'int8')];
    await check({ op: 'ConvInteger', inputs }, [1]);
    const zeros = [
      ...inputs,
      bytes([], 3, 'int8'),
      integers([3], 1, { low: 0, high: 0, type: 'int8' }),
    ];
    await check({ op: 'ConvInteger', inputs: zeros }, [1, 3]);
  });
});

describe('MatMulInteger', () => {
  test.each(types)('of %s by %s, a zero point for each row and column', async (a, b) => {
    const inputs = [
      ...[bytes([9, 37], 1, a), bytes([37, 11], 2, b)],
      ...[bytes([9], 3, a), bytes([11], 4, b)],
    ];
    await check({ op: 'MatMulInteger', inputs }, [1, 3]);
  });

  test.each([
    ['batches that broadcast', [3, 1, 5, 7], [2, 7, 6], [1, 1, 5, 1], [2, 1, 6]],
    ['a row by a matrix', [130], [130, 45], [], [45]],
    ['a matrix by a column', [45, 130], [130], [45], []],
    ['nothing in between', [3, 0], [0, 4], [], []],
  ])('%s', async (_, a, b, aZero, bZero) => {
    const inputs = [
      ...[bytes(a, 1, 'uint8'), bytes(b, 2, 'int8')],
      ...[bytes(aZero, 3, 'uint8'), bytes(bZero, 4, 'int8')],
    ];
    await check({ op: 'MatMulInteger', inputs }, [1, 3]);
  });

  test('the greatest products of all', async () => {
    const fill = (value: number, dims: readonly number[], type: DataType) =>
      integers(dims, 1, { low: value, high: value, type });
    const inputs = [
      ...[fill(255, [2, 1000], 'uint8'), fill(0, [1000, 3], 'uint8')],
      ...[fill(0, [], 'uint8'), fill(255, [], 'uint8')],
    ];
    const [run] = await checkOperator(context, { op: 'MatMulInteger', inputs });
    expect(run?.outputs[0]?.data[0]).toBe(-255 * 255 * 1000);
  });
});

describe('QLinearConv', () => {
  test.each([
    ['uint8', 'int8', true],
    ['int8', 'int8', false],
    ['uint8', 'uint8', true],
  ] as const)('of %s by %s, per channel, bias %s', async (x, w, hasBias) => {
    const scales = tensorOf([7], [0.02, 0.013, 0.031, 0.007, 0.05, 0.01, 0.02]);
    const bias = integers([7], 4, { low: -3000, high: 3000, type: 'int32' });
    const inputs = [
      ...[bytes([2, 5, 9, 7], 1, x), tensorOf([], [0.05]), bytes([], 3, x)],
      ...[bytes([7, 5, 3, 3], 2, w), scales, bytes([7], 5, w)],
      ...[tensorOf([], [0.6]), bytes([], 6, x), ...(hasBias ? [bias] : [])],
    ];
    const attributes = { pads: [1, 1, 1, 1] };
    await check({ op: 'QLinearConv', inputs, attributes }, hasBias ? [3, 4, 5, 8] : [3, 4, 5]);
  });
});

test('QLinearConv, depthwise', async () => {
  const inputs = [
    ...[bytes([1, 5, 6, 7], 1, 'uint8'), tensorOf([], [0.05]), bytes([], 3, 'uint8')],
    ...[bytes([5, 1, 3, 3], 2, 'int8'), tensorOf([], [0.013]), bytes([], 5, 'int8')],
    ...[tensorOf([], [0.3]), bytes([], 6, 'uint8')],
  ];
  const attributes = { group: 5, pads: [1, 1, 1, 1] };
  await check({ op: 'QLinearConv', inputs, attributes }, [3, 4, 5]);
});

describe('QLinearMatMul', () => {
  const product = (type: DataType, scales: HostTensor[], rows: readonly number[]) => {
    const [a, b, y] = scales;
    return [
      ...[bytes([3, 9, 13], 1, type), a, bytes([9], 3, type)],
      ...[bytes([13, 11], 2, 'int8'), b, bytes([11], 5, 'int8')],
      ...[y, bytes(rows, 6, type)],
    ];
  };

  test.each(['float32', 'float16'] as const)('of uint8, scales of %s', async (type) => {
    const scales = [[9], [11], [9]].map((dims, index) =>
      integers(dims, index, { low: 1, high: 4, type }),
    );
    const inputs = product('uint8', scales, [9]);
    await check({ op: 'QLinearMatMul', opset: 21, inputs }, [3, 4, 5]);
  });

  test('of int8, one scale each', async () => {
    const scales = [0.02, 0.11, 0.7].map((scale) => tensorOf([], [scale]));
    const inputs = product('int8', scales, []);
    await check({ op: 'QLinearMatMul', inputs }, [3, 4, 5]);
  });
});

test('the workgroups that GPUs get are right, too', async () => {
  const hardware = await hardwareContext();
  const zeros = [bytes([], 3, 'uint8'), bytes([7], 4, 'uint8')];
  const conv = [bytes([2, 10, 13, 11], 1, 'uint8'), bytes([14, 5, 3, 3], 2, 'uint8')];
  const attributes = { group: 2, pads: [1, 1, 1, 1] };
  const inputs = [...conv, bytes([], 3, 'uint8'), bytes([14], 4, 'uint8')];
  await checkOperator(hardware, { op: 'ConvInteger', inputs, attributes });
  const matrices = [bytes([75, 37], 1, 'uint8'), bytes([37, 7], 2, 'uint8')];
  await checkOperator(hardware, { op: 'MatMulInteger', inputs: [...matrices, ...zeros] });
});

describe('a model', () => {
  test('keeps constant weights in a quarter of their memory', async () => {
    const w = bytes([64, 64, 3, 3], 2, 'int8');
    const session = await InferenceSession.create(
      encodeModel({
        nodes: [{ op: 'ConvInteger', inputs: ['x', 'w'], outputs: ['y'] }],
        inputs: [{ name: 'x', type: 'uint8', dims: [1, 64, 5, 5] }],
        outputs: [{ name: 'y', type: 'int32' }],
        initializers: { w },
      }),
      { gpu: { ceiling: 'assume' } },
    );
    const size = 64 * 64 * 9;
    const { weightBytes = 0 } = session.report().memory ?? {};
    expect(weightBytes).toBeGreaterThanOrEqual(size);
    // The sums of each output channel, and a table.
    expect(weightBytes).toBeLessThan(size + 1024);
    await session.dispose();
  });

  test('of QuantizeLinear and DequantizeLinear around Conv has its weights dequantised once', async () => {
    const session = await InferenceSession.create(
      encodeModel({
        nodes: [
          { op: 'QuantizeLinear', inputs: ['x', 'xs', 'xz'], outputs: ['q'] },
          { op: 'DequantizeLinear', inputs: ['q', 'xs', 'xz'], outputs: ['xd'] },
          {
            op: 'DequantizeLinear',
            inputs: ['w', 'ws', 'wz'],
            outputs: ['wd'],
            attributes: { axis: 0 },
          },
          { op: 'DequantizeLinear', inputs: ['b', 'bs'], outputs: ['bd'] },
          { op: 'Conv', inputs: ['xd', 'wd', 'bd'], outputs: ['c'] },
          { op: 'QuantizeLinear', inputs: ['c', 'ys', 'xz'], outputs: ['cq'] },
          { op: 'DequantizeLinear', inputs: ['cq', 'ys', 'xz'], outputs: ['y'] },
        ],
        inputs: [{ name: 'x', dims: [1, 5, 7, 6] }],
        outputs: ['y'],
        initializers: {
          ...{ xs: tensorOf([], [0.02]), xz: tensorOf([], [3], 'int8'), ys: tensorOf([], [0.1]) },
          ...{ w: bytes([6, 5, 3, 3], 2, 'int8'), ws: uniform([6], 3), wz: bytes([6], 4, 'int8') },
          ...{ b: integers([6], 5, { low: -900, high: 900, type: 'int32' }) },
          bs: tensorOf([], [0.01]),
        },
      }),
      { gpu: { ceiling: 'assume' } },
    );
    const operators = session.report().nodes.map(({ operator }) => operator);
    expect(operators.filter((name) => name !== 'wgconv.ConvertLayout')).toEqual([
      ...['QuantizeLinear', 'DequantizeLinear', 'Conv', 'QuantizeLinear', 'DequantizeLinear'],
    ]);
    const x = new Tensor('float32', elementsOf(uniform([1, 5, 7, 6], 6)), [1, 5, 7, 6]);
    const report = await session.verify({ x });
    expect(report.firstWrong).toBeUndefined();
    expect(report.ok).toBe(true);
    await session.dispose();
  });
});
