/**
 * Sums, maxima and products over more values than some adapters let one loop turn: they end it
 * silently, so that a kernel that asks for too much gives wrong values and no error.
 */

import { expect, inject, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test('where loops end is found out', () => {
  // LP_MAX_TGSI_LOOP_ITERATIONS of Mesa's llvmpipe; SwiftShader has no such end.
  const llvmpipe =
    inject('recipe') === 'cr-gles' || /llvmpipe/.test(context.caps.adapter.description);
  const expected = llvmpipe ? 65535 : 2 ** 32 - 1;
  expect(context.caps.limits.loopIterations).toBe(expected);
});

const along = (...axes: number[]) => tensorOf([axes.length], axes, 'int64');

/** Small integers, so that every order of summation is exact. */
const exactly = (op: string, ...dims: number[]): OperatorCase => ({
  ...{ op, inputs: [integers(dims, 60), along(-1)], constants: [1], exact: true },
});

const product = (rows: number, depth: number, columns: number): OperatorCase => ({
  op: 'MatMul',
  inputs: [integers([rows, depth], 61), integers([depth, columns], 62)],
  constants: [1],
  exact: true,
});

const cases: readonly OperatorCase[] = [
  ...[40_000, 70_000].flatMap((axis) =>
    ['Softmax', 'LogSoftmax', 'Hardmax'].map((op) => ({
      op,
      inputs: [uniform([2, axis], 63, { scale: 4 })],
    })),
  ),
  { op: 'Softmax', attributes: { axis: 0 }, inputs: [uniform([70_001, 3], 63, { scale: 4 })] },
  exactly('ReduceSum', 3, 70_000),
  exactly('ReduceMax', 2, 200_000),
  {
    op: 'ReduceSum',
    inputs: [integers([41, 5, 4877], 64), along(0, 2)],
    constants: [1],
    exact: true,
  },
  {
    op: 'AveragePool',
    attributes: { kernel_shape: [300, 300] },
    inputs: [uniform([1, 3, 300, 300], 71)],
  },
  { op: 'GlobalAveragePool', inputs: [uniform([1, 6, 300, 300], 65)] },
  { op: 'GlobalMaxPool', inputs: [integers([1, 3, 300, 301], 66)], exact: true },
  { op: 'Gemm', inputs: [integers([5, 70_000], 67), integers([70_000, 8], 68)], exact: true },
  { op: 'ArgMax', attributes: { axis: 1 }, inputs: [integers([2, 200_001], 77)] },
  {
    op: 'CumSum',
    inputs: [integers([1, 200_001], 78), tensorOf([], [1], 'int64')],
    constants: [1],
    exact: true,
  },
  ...[70_001, 300_000].map((size) => ({
    op: 'LayerNormalization',
    inputs: [uniform([1, size], 72), uniform([size], 73)],
    outputCount: 3,
  })),
  {
    op: 'InstanceNormalization',
    inputs: [uniform([1, 3, 300, 301], 74), uniform([3], 75), uniform([3], 76)],
  },
  product(1, 70_000, 12),
  product(9, 70_001, 7),
  product(1, 70_001, 3),
];

test.each(
  cases.map((one) => [one.op, one.inputs.map((x) => `[${x?.dims}]`).join(' '), one] as const),
)('%s of %s', async (_, __, one) => {
  expect((await checkOperator(context, one)).length).toBeGreaterThan(0);
});
