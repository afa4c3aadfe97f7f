/** Gather and Scatter families and OneHot on the GPU, every algorithm against the reference. */

import { expect, test } from 'vitest';
import { elementsOf, Tensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { createPlan } from '../../src/plan/create-plan.ts';
import { GpuExecutable } from '../../src/session/webgpu.ts';
import { WeightStore } from '../../src/session/weights.ts';
import { buildCase, checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

const index = (dims: readonly number[], seed: number, low: number, high: number) =>
  integers(dims, seed, { type: 'int64', low, high });
const moves = { exact: true } as const;
const nan = Number.NaN;

const cases: readonly OperatorCase[] = [
  // Slices of one word, of several, of widened words; scalars of indices; negative indices.
  { op: 'Gather', inputs: [uniform([5, 3], 1), index([2, 2], 2, -5, 4)], ...moves },
  {
    op: 'Gather',
    attributes: { axis: 1 },
    inputs: [uniform([3, 7, 8], 3), index([3], 4, -7, 6)],
    ...moves,
  },
  { op: 'Gather', attributes: { axis: -1 }, inputs: [uniform([3, 7], 5), index([], 6, 0, 6)] },
  {
    op: 'Gather',
    inputs: [integers([6, 3], 7, { type: 'float16' }), index([5], 8, 0, 5)],
    ...moves,
  },
  { op: 'Gather', inputs: [uniform([0, 3], 1), tensorOf([0], [], 'int64')] },
  {
    op: 'GatherElements',
    attributes: { axis: 1 },
    inputs: [uniform([3, 7, 5], 9), index([2, 9, 3], 10, -7, 6)],
    ...moves,
  },
  {
    op: 'GatherElements',
    attributes: { axis: 0 },
    inputs: [uniform([11, 70], 11), index([13, 70], 12, -11, 10)],
    ...moves,
  },
  {
    op: 'GatherElements',
    attributes: { axis: 5 },
    inputs: [uniform([2, 3, 2, 3, 2, 3, 2], 13), index([1, 2, 1, 2, 1, 4, 1], 14, 0, 2)],
    ...moves,
  },
  { op: 'GatherElements', inputs: [integers([5], 15, { type: 'int8' }), index([9], 16, -5, 4)] },
  { op: 'GatherND', inputs: [uniform([3, 4, 5], 17), index([2, 3, 2], 18, -3, 2)], ...moves },
  { op: 'GatherND', inputs: [uniform([3, 4, 5], 19), index([7, 3], 20, -3, 2)], ...moves },
  {
    op: 'GatherND',
    attributes: { batch_dims: 2 },
    inputs: [uniform([2, 3, 5, 6], 21), index([2, 3, 4, 1], 22, -5, 4)],
    ...moves,
  },
  {
    op: 'GatherND',
    inputs: [uniform([2, 3, 2, 3, 2, 3], 23), index([9, 6], 24, -2, 1)],
    ...moves,
  },
  ...(['none', 'add', 'mul', 'max', 'min'] as const).flatMap((reduction): OperatorCase[] => [
    {
      op: 'ScatterElements',
      attributes: { axis: 1, reduction },
      inputs: [uniform([3, 7, 5], 25), index([2, 9, 3], 26, -7, 6), uniform([2, 9, 3], 27)],
    },
    {
      op: 'ScatterND',
      attributes: { reduction },
      inputs: [uniform([5, 7, 3], 28), index([3, 4, 1], 29, -5, 4), uniform([3, 4, 7, 3], 30)],
    },
    {
      op: 'ScatterND',
      attributes: { reduction },
      inputs: [
        integers([5, 7], 31, { type: 'int8', low: -128, high: 127 }),
        index([19, 2], 32, -5, 4),
        integers([19], 33, { type: 'int8', low: -128, high: 127 }),
      ],
      ...moves,
    },
    {
      op: 'ScatterElements',
      attributes: { reduction },
      inputs: [
        tensorOf([4], [0, 1, 0, 1], 'bool'),
        index([9], 34, -4, 3),
        integers([9], 35, { type: 'bool', low: 0, high: 1 }),
      ],
      ...moves,
    },
    {
      op: 'ScatterElements',
      attributes: { reduction },
      inputs: [
        uniform([9], 36, { type: 'float16' }),
        index([30], 37, -9, 8),
        uniform([30], 38, { type: 'float16' }),
      ],
    },
    {
      op: 'ScatterElements',
      attributes: { reduction },
      inputs: [tensorOf([3], [nan, 1, 2]), index([3], 39, 0, 2), tensorOf([3], [1, nan, 2])],
    },
  ]),
  { op: 'Scatter', opset: 9, inputs: [uniform([4], 40), index([3], 41, 0, 3), uniform([3], 42)] },
  // Constant indices: each place once, and one of them twice.
  ...[
    [4, 0, -2, 1],
    [4, 0, -1, 1],
  ].flatMap((places): OperatorCase[] => [
    {
      op: 'ScatterND',
      attributes: { reduction: 'add' },
      inputs: [uniform([5, 3], 50), tensorOf([4, 1], places, 'int64'), uniform([4, 3], 51)],
      constants: [1],
    },
    {
      op: 'ScatterND',
      inputs: [
        uniform([5, 3], 52),
        tensorOf(
          [4, 2],
          places.flatMap((row) => [row, 2]),
          'int64',
        ),
        uniform([4], 53),
      ],
      constants: [1],
      ...moves,
    },
  ]),
  // More updates than one dispatch takes.
  {
    op: 'ScatterND',
    attributes: { reduction: 'add' },
    inputs: [integers([5], 43), index([70_000, 1], 44, -5, 4), integers([70_000], 45)],
    ...moves,
  },
  {
    op: 'ScatterND',
    inputs: [uniform([5, 3], 46), tensorOf([0, 1], [], 'int64'), uniform([0, 3], 47)],
  },
  ...(['int64', 'int32', 'uint8', 'uint32', 'float32'] as const).map(
    (type): OperatorCase => ({
      op: 'OneHot',
      attributes: { axis: 1 },
      inputs: [
        integers([3, 5], 48, { type, low: type.startsWith('u') ? 0 : -9, high: 9 }),
        tensorOf([1], [7], 'int64'),
        tensorOf([2], [-1.5, 4]),
      ],
      constants: [1],
      ...moves,
    }),
  ),
  {
    op: 'OneHot',
    inputs: [
      tensorOf([3], [4294967295, 2147483648, 2], 'uint32'),
      tensorOf([1], [3], 'int64'),
      tensorOf([2], [7, 9], 'uint8'),
    ],
    constants: [1],
    ...moves,
  },
];

test.each(cases)('$op, $attributes (%#)', async (testCase) => {
  const runs = await checkOperator(context, testCase);
  for (const { algorithm } of runs) expect(algorithm).toMatch(/^(gather|scatter|)$/);
});

test('an index out of range, known in the run only, reads zeros and writes nothing', async () => {
  const data = tensorOf([3], [1, 2, 3]);
  const indices = tensorOf([3], [3, -4, 1], 'int64');
  const updates = tensorOf([3], [7, 8, 9]);
  for (const [op, inputs, wanted] of [
    ['GatherElements', [data, indices], [0, 0, 2]],
    ['ScatterElements', [data, indices, updates], [1, 9, 3]],
  ] as const) {
    const weights = new WeightStore(context);
    const plan = await createPlan(buildCase({ op, inputs }), context.caps);
    const executable = await GpuExecutable.create(context, plan, weights);
    const feeds = new Map(
      inputs.map((fed, at) => [`x${at}`, new Tensor(fed.type, elementsOf(fed), fed.dims)]),
    );
    const { y0 } = Object.fromEntries(await executable.run(feeds, {}));
    expect([...(y0?.data ?? [])]).toEqual(wanted);
    executable.dispose();
    weights.dispose();
  }
});
