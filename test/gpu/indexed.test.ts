/** Gather and Scatter families and OneHot on the GPU, every algorithm against the reference. */

import { expect, test } from 'vitest';
import { Tensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { InferenceSession } from '../../src/session/session.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
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

const three = tensorOf([3], [1, 2, 3]);

/** Operators with indices in their last input; 4 is out of range. */
const strayed = [
  { op: 'GatherElements', inputs: [three], indices: [4, 1], dims: [2], wanted: [0, 2] },
  {
    op: 'ScatterElements',
    inputs: [three, tensorOf([2], [7, 8])],
    slot: 1,
    indices: [4, 1],
    dims: [2],
    wanted: [1, 8, 3],
  },
  {
    op: 'MaxUnpool',
    attributes: { kernel_shape: [2], strides: [2] },
    inputs: [tensorOf([1, 1, 2], [5, 6])],
    indices: [4, 2],
    dims: [1, 1, 2],
    wanted: [0, 0, 6, 0],
  },
  {
    op: 'RoiAlign',
    attributes: { sampling_ratio: 1 },
    inputs: [tensorOf([1, 1, 1, 1], [4]), tensorOf([2, 4], [0, 0, 1, 1, 0, 0, 1, 1])],
    indices: [0, 4],
    dims: [2],
    wanted: [4, 0],
  },
];

test.each(strayed)('$op takes no index out of range', async (testCase) => {
  const { op, attributes = {}, inputs, slot = inputs.length, indices, dims, wanted } = testCase;
  const names = inputs.map((_, at) => `x${at}`).toSpliced(slot, 0, 'i');
  const node = { op, inputs: names, outputs: ['y'], attributes };
  const fixed = Object.fromEntries(inputs.map((tensor, at) => [`x${at}`, tensor]));

  // What is fed is refused.
  const fed = await InferenceSession.create(
    encodeModel({
      nodes: [node],
      inputs: [{ name: 'i', type: 'int64', dims }],
      outputs: ['y'],
      initializers: fixed,
    }),
  );
  const feeds = { i: new Tensor('int64', indices.map(BigInt), dims) };
  await expect(fed.run(feeds)).rejects.toThrow(/index 4 is outside|image 4, but/);
  const again = {
    i: new Tensor(
      'int64',
      indices.map(() => 0n),
      dims,
    ),
  };
  await expect(fed.run(again)).resolves.toHaveProperty('y');
  await fed.dispose();

  // What only the GPU knows reads zeros and writes nothing.
  const argMax = { op: 'ArgMax', inputs: ['scores'], outputs: ['i'] };
  const computed = await InferenceSession.create(
    encodeModel({
      nodes: [{ ...argMax, attributes: { axis: -1, keepdims: 0 } }, node],
      inputs: [{ name: 'scores', dims: [...dims, 5] }],
      outputs: ['y'],
      initializers: fixed,
    }),
  );
  const scores = indices.flatMap((index) => [0, 1, 2, 3, 4].map((at) => (at === index ? 1 : 0)));
  const { y } = await computed.run({ scores: new Tensor('float32', scores, [...dims, 5]) });
  expect(Array.from((await y?.getData()) ?? [], Number)).toEqual(wanted);
  await computed.dispose();
});
