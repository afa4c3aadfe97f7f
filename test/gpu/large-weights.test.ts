/** Weights that do not fit one binding: a small limit stands for WebGPU's 128 MiB. */

import { afterAll, expect, test } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import { hardwareContext } from '../support/hardware-caps.ts';
import { checkOperator } from '../support/operator-case.ts';
import { integers } from '../support/random.ts';

const context = await hardwareContext({ storageBindingBytes: 32768 });
afterAll(() => context.dispose());

test.each([
  // Rows of 24 floats: ranges of 256 and 129 columns.
  { rows: 1, depth: 24, columns: 385, transB: 1, type: 'float32' },
  { rows: 6, depth: 24, columns: 385, transB: 1, type: 'float32' },
  { rows: 2, depth: 23, columns: 650, transB: 1, type: 'float16' },
  { rows: 7, depth: 60, columns: 151, transB: 1, type: 'float32' },
  // Rows of 17 floats, not transposed: ranges of the depth, each a slice.
  { rows: 1, depth: 601, columns: 17, transB: 0, type: 'float32' },
  { rows: 5, depth: 602, columns: 36, transB: 0, type: 'float32' },
  { rows: 5, depth: 900, columns: 34, transB: 0, type: 'float16' },
] as const)('Gemm of $type $rows×$depth by $columns (transB $transB)', async (size) => {
  const { rows, depth, columns, transB, type } = size;
  const make = (dims: readonly number[], seed: number) =>
    integers(dims, seed, { type: type as DataType });
  const runs = await checkOperator(context, {
    op: 'Gemm',
    attributes: { transB },
    inputs: [
      make([rows, depth], 1),
      make(transB ? [columns, depth] : [depth, columns], 2),
      make([columns], 3),
    ],
    constants: [1, 2],
    activation: { op: 'Relu' },
    exact: true,
  });
  expect(runs.length).toBeGreaterThan(0);
});

test('a MatMul of a weight in ranges, and one of an activation', async () => {
  for (const constants of [[1], []]) {
    const runs = await checkOperator(context, {
      op: 'MatMul',
      inputs: [integers([2, 3, 600], 1), integers([600, 20], 2)],
      constants,
      exact: true,
    });
    expect(runs.length).toBeGreaterThan(0);
  }
});
