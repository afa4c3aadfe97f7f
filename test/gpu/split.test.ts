/** Products split along K, which only a real GPU is offered. */

import { afterAll, expect, test } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import { hardwareContext } from '../support/hardware-caps.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, uniform } from '../support/random.ts';

const context = await hardwareContext();
afterAll(() => context.dispose());

async function algorithms(testCase: OperatorCase): Promise<string[]> {
  const runs = await checkOperator(context, { ...testCase, only: /k\d+$/ });
  return runs.map(({ algorithm }) => algorithm);
}

test.each(['float32', 'float16'] as DataType[])(
  '%s 3×3 over a small map: slices that do not divide K, residual and activation',
  async (type) => {
    const make = (dims: readonly number[], seed: number) => integers(dims, seed, { type });
    const ran = await algorithms({
      op: 'Conv',
      attributes: { pads: [1, 1, 1, 1], dilations: [1, 2] },
      inputs: [make([1, 22, 3, 5], 1), make([9, 22, 3, 3], 2), make([9], 3)],
      constants: [1, 2],
      residual: make([1, 9, 3, 3], 4),
      activation: { op: 'Relu' },
      exact: true,
    });
    expect(ran).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^conv_implicit_gemm\.16x64k/),
        expect.stringMatching(/^im2col_gemm\.4x4rk/),
        expect.stringMatching(/^im2col_gemm\.32x32k/),
      ]),
    );
  },
);

test('1×1 over a small map, batch of 2, by the bounds of a sum', async () => {
  const ran = await algorithms({
    op: 'Conv',
    inputs: [uniform([2, 333, 3, 2], 1), uniform([11, 333, 1, 1], 2), uniform([11], 3)],
    constants: [1, 2],
  });
  expect(ran).toEqual(expect.arrayContaining([expect.stringMatching(/^conv_1x1\.64x64k/)]));
});

test.each([
  // Slices that do not divide K, and rows and columns that no tile divides.
  [[5, 1000], [1000, 7], 'float32', /^gemm\.64x64k/],
  [[5, 1000], [1000, 8], 'float16', /^gemm\.32x32k/],
  [[3, 9, 260], [3, 260, 6], 'float32', /^gemm\.register4x4k/],
  [[1, 1030], [1030, 12], 'float32', /^matvec\.slicesk/],
  [[3, 1031], [1031, 5], 'float16', /^matvec\.columnsk/],
] as const)('%j by %j of %s, split along K', async (a, b, type, split) => {
  const ran = await algorithms({
    op: 'MatMul',
    inputs: [integers(a, 1, { type }), integers(b, 2, { type })],
    constants: [1],
    activation: { op: 'LeakyRelu', attributes: { alpha: 0.25 } },
    exact: true,
  });
  expect(ran).toEqual(expect.arrayContaining([expect.stringMatching(split)]));
});

test.each([0, 1])(
  'Gemm (transB %i) with factors and a column of C, split along K',
  async (transB) => {
    const b = transB ? [6, 520] : [520, 6];
    const ran = await algorithms({
      op: 'Gemm',
      attributes: {
        transB,
        alpha: { kind: 'float', value: 2 },
        beta: { kind: 'float', value: -1 },
      },
      inputs: [integers([9, 520], 1), integers(b, 2), integers([9, 1], 3)],
      constants: [1, 2],
      exact: true,
    });
    expect(ran).toEqual(expect.arrayContaining([expect.stringMatching(/^gemm\.register8x8k/)]));
  },
);
