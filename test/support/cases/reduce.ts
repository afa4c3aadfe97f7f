/** Reductions for the GPU: every operation, over inner, outer, alternating and all axes. */

import { integers, tensorOf, uniform } from '../random.ts';
import type { NamedCase } from './pool.ts';

const axesOf = (...axes: number[]) => tensorOf([axes.length], axes, 'int64');
const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

const floats = [
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceL1',
  'ReduceL2',
  'ReduceSumSquare',
  'ReduceLogSum',
  'ReduceLogSumExp',
];

/** Sums of these stay exact in float32 (those of logarithms and roots aside). */
const exactOn = (op: string) =>
  ['ReduceMax', 'ReduceMin', 'ReduceSum', 'ReduceL1', 'ReduceSumSquare'].includes(op);

/** ReduceLogSum wants positive sums, ReduceProd values near 1. */
const input = (op: string, dims: readonly number[]) => {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (exactOn(op)) return integers(dims, 50);
  if (op === 'ReduceLogSum' || op === 'ReduceProd') {
    return tensorOf(
      dims,
      Array.from({ length: size }, (_, i) => 0.75 + ((i * 13) % 29) / 58),
    );
  }
  return uniform(dims, 51);
};

const geometries: readonly { dims: readonly number[]; axes: readonly number[] | undefined }[] = [
  { dims: [3, 4, 5], axes: [2] },
  { dims: [3, 4, 5], axes: [0] },
  { dims: [3, 4, 5], axes: [-2] },
  { dims: [2, 5, 6, 7], axes: [2, 3] },
  { dims: [2, 5, 6, 7], axes: [0, 2] },
  { dims: [2, 6, 20, 20], axes: [-1, -2] },
  { dims: [3, 2, 3, 2, 3], axes: [0, 2, 4] },
  { dims: [3, 700], axes: [1] },
  { dims: [7, 11, 13], axes: undefined },
];

const everyFloat = floats.flatMap((op) =>
  geometries.flatMap(({ dims, axes }) =>
    [0, 1].map((keepdims) => ({
      name: `${op} [${dims}] along ${axes ?? 'all axes'}, keepdims ${keepdims}`,
      op,
      attributes: { keepdims },
      inputs: [input(op, dims), ...(axes ? [axesOf(...axes)] : [])],
      constants: axes ? [1] : [],
      exact: exactOn(op),
      ...(axes?.length === 1 &&
        dims[1] === 700 && {
          algorithms: ['reduce_serial', 'reduce_workgroup', 'reduce_split'],
        }),
    })),
  ),
);

const limits = tensorOf([2, 4], [1, nan, 3, 2, infinity, -infinity, 0, 1]);

export const reduceCases: readonly NamedCase[] = [
  ...everyFloat,
  ...[
    'ReduceSum',
    'ReduceMean',
    'ReduceMax',
    'ReduceMin',
    'ReduceProd',
    'ReduceL1',
    'ReduceSumSquare',
  ].flatMap((op) =>
    (['int32', 'uint32'] as const).map((type) => ({
      name: `${op} of ${type}`,
      op,
      opset: 13,
      attributes: op === 'ReduceSum' ? {} : { axes: [1] },
      inputs: [
        integers([3, 50], 52, { type, low: type === 'int32' ? -99999 : 0, high: 99999 }),
        ...(op === 'ReduceSum' ? [axesOf(1)] : []),
      ],
      constants: op === 'ReduceSum' ? [1] : [],
      exact: true,
    })),
  ),
  ...['ReduceMax', 'ReduceMin'].flatMap((op) => [
    {
      name: `${op} of int8`,
      op,
      opset: 20,
      inputs: [integers([3, 40], 53, { type: 'int8', low: -128, high: 127 }), axesOf(1)],
      constants: [1],
      exact: true,
    },
    {
      name: `${op} of bool`,
      op,
      opset: 20,
      inputs: [tensorOf([3, 2], [1, 0, 1, 1, 0, 0], 'bool'), axesOf(1)],
      constants: [1],
      exact: true,
    },
    {
      name: `${op} keeps NaN and infinity`,
      op,
      inputs: [limits, axesOf(1)],
      constants: [1],
      exact: true,
    },
  ]),
  ...['ReduceLogSumExp', 'ReduceLogSum', 'ReduceL2', 'ReduceMean'].map((op) => ({
    name: `${op} keeps NaN and infinity`,
    op,
    inputs: [limits, axesOf(1)],
    constants: [1],
  })),
  ...[...floats].map((op) => ({
    name: `${op} of nothing`,
    op,
    inputs: [tensorOf([2, 0, 4], []), axesOf(1)],
    constants: [1],
  })),
  ...floats.map((op) => ({
    name: `${op} along no axis`,
    op,
    attributes: { noop_with_empty_axes: 1 },
    inputs: [tensorOf([2, 2], [1, 2, 0.5, 3])],
  })),
  {
    name: 'ReduceMean of float16',
    op: 'ReduceMean',
    inputs: [uniform([2, 6, 9, 9], 54, { type: 'float16' }), axesOf(2, 3)],
    constants: [1],
  },
  {
    name: 'ReduceMean of a float16 map whose sum overflows float16',
    op: 'ReduceMean',
    inputs: [integers([1, 3, 64, 64], 55, { low: 200, high: 300, type: 'float16' }), axesOf(2, 3)],
    constants: [1],
  },
  {
    name: 'ReduceMean of a scalar',
    op: 'ReduceMean',
    inputs: [tensorOf([], [3])],
  },
  {
    name: 'ReduceSum of int64 runs on the host',
    op: 'ReduceSum',
    inputs: [tensorOf([2, 2], [1, 2, 3, 4], 'int64'), axesOf(0)],
    constants: [1],
    exact: true,
    offGpu: true,
  },
];
