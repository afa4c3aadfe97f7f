/** Gemm and MatMul: every candidate on small integers (equal) and zero-mean data (by the bounds). */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator } from '../support/operator-case.ts';
import { integers, uniform } from '../support/random.ts';

let context: GpuContext;

beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
});

afterAll(() => context.dispose());

type Dims = readonly number[];

const plain = { transA: 0, transB: 0 };

const orientations = [
  plain,
  { transA: 0, transB: 1 },
  { transA: 1, transB: 0 },
  { transA: 1, transB: 1 },
];

const float = (value: number) => ({ kind: 'float', value }) as const;

/** A, B and C of a Gemm; `c` gives the dims of C. */
function operands(
  [m, k, n]: readonly [number, number, number],
  { transA, transB }: (typeof orientations)[number],
  c: Dims | undefined,
  make: (dims: Dims, seed: number) => HostTensor,
): (HostTensor | undefined)[] {
  const inputs = [make(transA ? [k, m] : [m, k], 1), make(transB ? [n, k] : [k, n], 2)];
  return c ? [...inputs, make(c, 3)] : inputs;
}

async function algorithms(...args: Parameters<typeof checkOperator>): Promise<string[]> {
  return (await checkOperator(...args)).map(({ algorithm }) => algorithm);
}

describe('Gemm', () => {
  // Multiples of four and none, below and across every tile.
  test.each([[[5, 8, 12]], [[7, 9, 5]], [[70, 36, 68]], [[33, 70, 67]]] as const)(
    '%j in every orientation',
    async (size) => {
      for (const transposed of orientations) {
        const inputs = operands(size, transposed, [size[2]], integers);
        const run = await algorithms(context, {
          op: 'Gemm',
          attributes: { ...transposed, alpha: float(2), beta: float(-1) },
          inputs,
          constants: [1, 2],
          exact: true,
        });
        expect(run).toEqual(
          expect.arrayContaining([
            'gemm.register4x4',
            'gemm.register8x8',
            'gemm.32x32',
            'gemm.64x64',
          ]),
        );
      }
    },
  );

  test.each([1, 2, 3, 4])('%i rows go through the matrix-vector kernel too', async (rows) => {
    for (const transposed of orientations) {
      for (const [k, n] of [
        [132, 40],
        [130, 37],
      ] as const) {
        const run = await algorithms(context, {
          op: 'Gemm',
          attributes: transposed,
          inputs: operands([rows, k, n], transposed, [n], integers),
          constants: [1],
          exact: true,
        });
        expect(run).toEqual(expect.arrayContaining(['matvec.slices', 'matvec.columns']));
        const alongDepth = transposed.transB === 1 && transposed.transA === 0 && k % 4 === 0;
        if (context.caps.subgroups && alongDepth) expect(run).toContain('matvec.subgroups');
      }
    }
  });

  test.each([
    ['a scalar', []],
    ['[N]', [12]],
    ['[1,N]', [1, 12]],
    ['[M,1]', [9, 1]],
    ['[M,N]', [9, 12]],
    ['nothing', undefined],
  ])('C as %s', async (_, c) => {
    const inputs = operands([9, 8, 12], plain, c, integers);
    await checkOperator(context, { op: 'Gemm', inputs, exact: true });
  });

  test('one column is one row of the transposed product, C included', async () => {
    for (const transposed of orientations) {
      const inputs = operands([50, 24, 1], transposed, [50, 1], integers);
      await checkOperator(context, { op: 'Gemm', attributes: transposed, inputs, exact: true });
    }
  });

  test('zero-mean data stays within the bounds of a sum', async () => {
    for (const size of [
      [33, 200, 48],
      [1, 1000, 100],
    ] as const) {
      const inputs = operands(size, { transA: 0, transB: 1 }, [size[2]], uniform);
      await checkOperator(context, { op: 'Gemm', attributes: { transB: 1 }, inputs });
    }
  });

  test('empty sizes: no depth leaves C, no rows leave nothing', async () => {
    for (const size of [
      [5, 0, 6],
      [1, 0, 4],
      [0, 4, 6],
      [5, 4, 0],
    ] as const) {
      const inputs = operands(size, plain, [size[2]], integers);
      await checkOperator(context, { op: 'Gemm', inputs, exact: true });
    }
  });

  test('an activation is fused into every candidate', async () => {
    for (const size of [
      [9, 16, 20],
      [1, 64, 37],
    ] as const) {
      const inputs = operands(size, { transA: 0, transB: 1 }, [size[2]], integers);
      await checkOperator(context, {
        op: 'Gemm',
        attributes: { transB: 1 },
        inputs,
        activation: { op: 'LeakyRelu', attributes: { alpha: 0.25 } },
        exact: true,
      });
    }
  });

  test.each(['int32', 'uint32', 'float16'] as DataType[])('%s', async (type) => {
    const make = (dims: Dims, seed: number) =>
      integers(dims, seed, { low: type === 'uint32' ? 0 : -3, high: 3, type });
    for (const transposed of orientations) {
      const inputs = operands([9, 20, 36], transposed, [36], make);
      await checkOperator(context, { op: 'Gemm', attributes: transposed, inputs, exact: true });
    }
  });

  test('int32 sums wrap', async () => {
    const make = (dims: Dims, seed: number) =>
      integers(dims, seed, { low: -(2 ** 31), high: 2 ** 31 - 1, type: 'int32' });
    const inputs = [make([5, 6], 1), make([6, 7], 2), make([7], 3)];
    await checkOperator(context, { op: 'Gemm', inputs, exact: true });
  });
});

describe('MatMul', () => {
  test.each([
    [[24], [24]],
    [[24], [2, 24, 8]],
    [[2, 3, 24], [24]],
    [
      [2, 9, 24],
      [24, 8],
    ],
    [
      [3, 9, 24],
      [3, 24, 8],
    ],
    [
      [2, 1, 5, 8],
      [3, 8, 12],
    ],
    [
      [5, 2, 3, 7],
      [5, 1, 7, 2],
    ],
    [
      [2, 1, 2, 1, 3, 4],
      [1, 3, 1, 2, 4, 4],
    ],
    [
      [6, 1, 40],
      [6, 40, 12],
    ],
    [
      [1, 9, 4],
      [7, 4, 4],
    ],
    [
      [0, 3, 4],
      [4, 4],
    ],
  ])('%j by %j', async (a, b) => {
    await checkOperator(context, {
      op: 'MatMul',
      inputs: [integers(a, 1), integers(b, 2)],
      exact: true,
    });
  });
});
