/** Products split along K, which only a real GPU is offered. */

import { afterAll, expect, test } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import { hardwareContext } from '../support/hardware-caps.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, uniform } from '../support/random.ts';

const context = await hardwareContext();
afterAll(() => context.dispose());

async function algorithms(testCase: OperatorCase): Promise<string[]> {
  return (await checkOperator(context, testCase)).map(({ algorithm }) => algorithm);
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
    const split = ran.filter((algorithm) => /k\d+$/.test(algorithm));
    expect(split).toEqual(
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
