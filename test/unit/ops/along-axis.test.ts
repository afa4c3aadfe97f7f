/** ArgMax, ArgMin, CumSum, Trilu and EyeLike: values by hand, published cases, onnxruntime. */

import { describe, expect, it } from 'vitest';
import type { DataType } from '../../../src/core/dtype.ts';
import { InferenceSession } from '../../../src/session/session.ts';
import { describePublished } from '../../support/conformance.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  type SingleNode,
} from '../../support/single-node.ts';

const nan = Number.NaN;

async function firstOutput(one: SingleNode) {
  const [y] = await computeNode(one);
  return { type: y?.type, dims: y?.dims, values: y?.values };
}

describe('ArgMax and ArgMin', () => {
  const x = tensorOf([2, 4], [1, 9, 9, 0, -3, -3, 5, 5]);

  it('give the first place along axis 0, which stays, unless they are told otherwise', async () => {
    expect(await firstOutput({ op: 'ArgMax', inputs: [x] })).toEqual({
      ...{ type: 'int64', dims: [1, 4], values: [0, 0, 0, 1] },
    });
    const attributes = { axis: -1, keepdims: 0 };
    expect(await firstOutput({ op: 'ArgMax', inputs: [x], attributes })).toMatchObject({
      ...{ dims: [2], values: [1, 2] },
    });
    expect(await firstOutput({ op: 'ArgMin', inputs: [x], attributes })).toMatchObject({
      values: [3, 0],
    });
    const last = { ...attributes, select_last_index: 1 };
    expect(await firstOutput({ op: 'ArgMax', inputs: [x], attributes: last })).toMatchObject({
      values: [2, 3],
    });
    expect(await firstOutput({ op: 'ArgMin', inputs: [x], attributes: last })).toMatchObject({
      values: [3, 1],
    });
  });

  it.each(['ArgMax', 'ArgMin'])('%s finds NaN before everything else', async (op) => {
    const inputs = [tensorOf([4], [Number.POSITIVE_INFINITY, nan, Number.NEGATIVE_INFINITY, nan])];
    expect((await firstOutput({ op, inputs })).values).toEqual([1]);
    const attributes = { select_last_index: 1 };
    expect((await firstOutput({ op, inputs, attributes })).values).toEqual([3]);
  });

  it('compare int64 beyond 2^53', async () => {
    const big = 2 ** 53;
    const inputs = [tensorOf([2], [big, big], 'int64')];
    new DataView(inputs[0]?.bytes.buffer as ArrayBuffer).setBigInt64(8, BigInt(big) + 1n, true);
    expect((await firstOutput({ op: 'ArgMax', inputs })).values).toEqual([1]);
  });

  it('refuse an axis of nothing, and what a version does not have', async () => {
    await expect(firstOutput({ op: 'ArgMax', inputs: [tensorOf([0, 2], [])] })).rejects.toThrow(
      /ArgMax of \[0,2\]: there is nothing along axis 0/,
    );
    const attributes = { select_last_index: 1 };
    await expect(firstOutput({ op: 'ArgMin', opset: 11, inputs: [x], attributes })).rejects.toThrow(
      /select_last_index/,
    );
  });
});

describe('CumSum', () => {
  const sum = async (attributes: Record<string, number>, type: DataType = 'float32') =>
    (
      await firstOutput({
        ...{ op: 'CumSum', attributes },
        inputs: [tensorOf([2, 3], [1, 2, 3, 10, 20, 30], type), tensorOf([], [-1], 'int32')],
      })
    ).values;

  it('runs forwards or backwards, with or without the value itself', async () => {
    expect(await sum({})).toEqual([1, 3, 6, 10, 30, 60]);
    expect(await sum({ exclusive: 1 })).toEqual([0, 1, 3, 0, 10, 30]);
    expect(await sum({ reverse: 1 }, 'int64')).toEqual([6, 5, 3, 60, 50, 30]);
    expect(await sum({ exclusive: 1, reverse: 1 }, 'int32')).toEqual([5, 3, 0, 50, 30, 0]);
  });

  it('wraps integers', async () => {
    const inputs = [tensorOf([2], [2 ** 32 - 1, 3], 'uint32'), tensorOf([1], [0], 'int64')];
    expect((await firstOutput({ op: 'CumSum', inputs })).values).toEqual([2 ** 32 - 1, 2]);
  });
});

describe('Trilu', () => {
  const x = tensorOf([2, 3], [1, 2, 3, 4, 5, 6]);
  const triangle = async (upper: number, k: number) =>
    (
      await firstOutput({
        ...{ op: 'Trilu', attributes: { upper }, inputs: [x, tensorOf([], [k], 'int64')] },
      })
    ).values;

  it('keeps what is on one side of a diagonal', async () => {
    expect(await triangle(1, 0)).toEqual([1, 2, 3, 0, 5, 6]);
    expect(await triangle(0, 0)).toEqual([1, 0, 0, 4, 5, 0]);
    expect(await triangle(1, 1)).toEqual([0, 2, 3, 0, 0, 6]);
    expect(await triangle(0, -1)).toEqual([0, 0, 0, 4, 0, 0]);
  });

  it('refuses vectors', async () => {
    await expect(firstOutput({ op: 'Trilu', inputs: [tensorOf([3], [1, 2, 3])] })).rejects.toThrow(
      /takes matrices, not \[3\]/,
    );
  });
});

describe('EyeLike', () => {
  it('has ones on a diagonal, in the type of its input or another', async () => {
    const inputs = [tensorOf([2, 3], [0, 0, 0, 0, 0, 0], 'int32')];
    expect(await firstOutput({ op: 'EyeLike', inputs })).toEqual({
      ...{ type: 'int32', dims: [2, 3], values: [1, 0, 0, 0, 1, 0] },
    });
    const attributes = { dtype: 9, k: -1 };
    expect(await firstOutput({ op: 'EyeLike', inputs, attributes })).toEqual({
      ...{ type: 'bool', dims: [2, 3], values: [0, 0, 0, 1, 0, 0] },
    });
    const wide = { dtype: 7, k: 5 };
    expect(await firstOutput({ op: 'EyeLike', inputs, attributes: wide })).toMatchObject({
      ...{ type: 'int64', values: [0, 0, 0, 0, 0, 0] },
    });
  });

  it('takes matrices only', async () => {
    await expect(firstOutput({ op: 'EyeLike', inputs: [tensorOf([1], [1])] })).rejects.toThrow(
      /takes a matrix, not \[1\]/,
    );
  });
});

const operators = ['ArgMax', 'ArgMin', 'CumSum', 'Trilu', 'EyeLike'];

describePublished(operators);

describe('onnxruntime computes the same', () => {
  const x = uniform([2, 3, 5], 1);
  const ties = integers([4, 6], 2, { low: 0, high: 2 });
  const axis = (value: number) => tensorOf([], [value], 'int64');
  const cases: readonly SingleNode[] = [
    ...['ArgMax', 'ArgMin'].flatMap((op): SingleNode[] => [
      { op, inputs: [x], attributes: { axis: 1 } },
      { op, opset: 11, inputs: [ties], attributes: { axis: -1, keepdims: 0 } },
      { op, inputs: [ties], attributes: { axis: 1, select_last_index: 1 } },
      { op, inputs: [integers([3, 4], 3, { type: 'int8' })] },
    ]),
    { op: 'CumSum', opset: 11, inputs: [x, axis(1)], attributes: { reverse: 1 } },
    { op: 'CumSum', inputs: [x, axis(-1)], attributes: { exclusive: 1 } },
    { op: 'CumSum', inputs: [integers([3, 4], 3, { type: 'int32' }), axis(0)] },
    { op: 'Trilu', inputs: [x, axis(1)] },
    { op: 'Trilu', inputs: [integers([4, 3], 4, { type: 'int64' })], attributes: { upper: 0 } },
    { op: 'EyeLike', opset: 9, inputs: [ties], attributes: { k: 2 } },
    { op: 'EyeLike', opset: 9, inputs: [ties], attributes: { k: -1, dtype: 7 } },
  ];

  it.each(cases.map((one, index) => [`${one.op} (${index})`, one] as const))(
    '%s',
    async (_, one) => {
      await expectOnnxruntimeComputes(one);
    },
  );
});

it.each([
  [
    'CumSum',
    [tensorOf([2], [1, 2]), tensorOf([0], [], 'int64')],
    {},
    /CumSum takes one axis, not 0/,
  ],
  [
    'TopK',
    [tensorOf([2], [1, 2]), tensorOf([1], [1.5])],
    {},
    /input 1 must be integers, not float32/,
  ],
  [
    'TopK',
    [tensorOf([2], [1, 2]), tensorOf([2], [1, 1], 'int64')],
    {},
    /K of TopK must be one number, not 2/,
  ],
  ['TopK', [tensorOf([2], [1, 2])], {}, /TopK needs K, the number/],
  ['Tile', [tensorOf([2], [1, 2]), tensorOf([1], [-1], 'int64')], {}, /would be \[-2\]: sizes are/],
  [
    'AffineGrid',
    [tensorOf([1, 2, 3], [1, 0, 0, 0, 1, 0]), tensorOf([4], [1, 1, -2, 3], 'int64')],
    {},
    /would be \[1,-2,3,2\]: sizes are/,
  ],
  [
    'ConstantOfShape',
    [tensorOf([1], [2], 'int64')],
    { value: tensorOf([0], [], 'int64') },
    /"value" must be one number, not a tensor of shape \[0\]/,
  ],
] as const)(
  '%s refuses sizes, axes and values of no sense',
  async (op, inputs, attributes, message) => {
    const nodes = [
      {
        op,
        attributes,
        inputs: inputs.map((_, at) => `i${at}`),
        outputs: op === 'TopK' ? ['y', 'z'] : ['y'],
      },
    ];
    const initializers = Object.fromEntries(inputs.map((tensor, at) => [`i${at}`, tensor]));
    const model = encodeModel({
      ...{ nodes, inputs: [], outputs: ['y'] },
      initializers,
      opset: 20,
    });
    await expect(InferenceSession.create(model, { backend: 'cpu' })).rejects.toThrow(message);
  },
);
