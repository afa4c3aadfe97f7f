/** ArgMax, ArgMin, CumSum and Trilu cases for the GPU. */

import type { DataType } from '../../../src/core/dtype.ts';
import { integers, tensorOf, uniform } from '../random.ts';
import type { NamedCase } from './pool.ts';

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;
const named = (dims: readonly number[]) => `[${dims}]`;

const argAll = ['arg_serial', 'arg_workgroup', 'arg_split'] as const;

const args: readonly NamedCase[] = ['ArgMax', 'ArgMin'].flatMap((op) => [
  ...[0, 1].flatMap((select_last_index) =>
    [
      { dims: [3, 7], axis: -1 },
      { dims: [5, 6, 7], axis: 0 },
      { dims: [5, 6, 7], axis: 1, keepdims: 0 },
      { dims: [2, 11, 5, 3], axis: 1 },
      { dims: [2, 11, 5, 3], axis: 1, keepdims: 0 },
      { dims: [1, 8, 3, 3], axis: -3 },
      { dims: [2, 3, 5, 4], axis: 3 },
      { dims: [1, 300, 2, 3], axis: 1, algorithms: argAll },
      { dims: [2, 1000], axis: 1, algorithms: argAll },
      { dims: [0, 5], axis: 1 },
    ].map(({ dims, axis, keepdims = 1, algorithms = [] }) => ({
      name: `${op} ${select_last_index ? 'last' : 'first'} of ${named(dims)} along axis ${axis}, keepdims ${keepdims}`,
      ...{ op, attributes: { axis, keepdims, select_last_index }, algorithms },
      // Few values, so that most rows have the extreme one several times.
      inputs: [dims.includes(0) ? tensorOf(dims, []) : integers(dims, 90, { low: -2, high: 2 })],
    })),
  ),
  ...[0, 1].map((select_last_index) => ({
    name: `${op} ${select_last_index ? 'last' : 'first'} of NaN, infinities and zeros of either sign`,
    op,
    attributes: { axis: 1, select_last_index },
    inputs: [
      tensorOf(
        [7, 5],
        [
          ...[1, nan, 3, nan, infinity],
          ...[0, -0, 0, -0, 0],
          ...[-infinity, -infinity, -5, -infinity, -6],
          ...[infinity, 3, infinity, -infinity, -infinity],
          ...[-1, -2, -3, -0, -4],
          ...[nan, nan, nan, nan, nan],
          ...[2, 1, -nan, 0, 7],
        ],
      ),
    ],
  })),
  ...(['float16', 'int32', 'uint32', 'int8', 'uint8', 'int64', 'float64'] as DataType[]).map(
    (type) => ({
      name: `${op} of ${type}`,
      op,
      attributes: { axis: 1 },
      inputs: [integers([4, 70], 91, { type, low: type.startsWith('u') ? 0 : -60, high: 60 })],
      offGpu: type.endsWith('64'),
    }),
  ),
  {
    name: `${op} of the limits of int32`,
    op,
    attributes: { axis: 0 },
    inputs: [tensorOf([5], [-1, 2 ** 31 - 1, 0, -(2 ** 31), 5], 'int32')],
  },
]);

const sums: readonly NamedCase[] = [
  ...[
    { dims: [7], axis: 0 },
    { dims: [3, 5], axis: 1 },
    { dims: [3, 5, 7], axis: 0 },
    { dims: [3, 5, 7], axis: -2 },
    { dims: [0, 3], axis: 1 },
    { dims: [2, 0], axis: 1 },
    { dims: [2, 500, 3], axis: 1, algorithms: ['cumsum_serial', 'cumsum_split'] },
  ].flatMap(({ dims, axis, algorithms = [] }) =>
    [{}, { exclusive: 1 }, { reverse: 1 }, { exclusive: 1, reverse: 1 }].flatMap((attributes) => ({
      name: `CumSum of ${named(dims)} along axis ${axis} ${JSON.stringify(attributes)}`,
      ...{ op: 'CumSum', attributes, constants: [1], algorithms },
      inputs: [
        dims.includes(0) ? tensorOf(dims, []) : uniform(dims, 92),
        tensorOf([], [axis], 'int64'),
      ],
    })),
  ),
  ...(['int32', 'uint32', 'float16', 'int64'] as DataType[]).map((type) => ({
    name: `CumSum of ${type}`,
    op: 'CumSum',
    inputs: [integers([3, 90], 93, { type, low: 0, high: 9 }), tensorOf([1], [1], 'int32')],
    constants: [1],
    exact: true,
    offGpu: type.endsWith('64'),
  })),
  {
    name: 'CumSum of int32 wraps',
    op: 'CumSum',
    inputs: [tensorOf([3], [2 ** 31 - 1, 1, 5], 'int32'), tensorOf([], [0], 'int64')],
    constants: [1],
  },
  {
    name: 'CumSum of NaN and infinities',
    op: 'CumSum',
    inputs: [
      tensorOf([3, 3], [1, nan, 2, 1, infinity, 2, infinity, -infinity, 0]),
      tensorOf([], [1], 'int64'),
    ],
    constants: [1],
  },
];

const triangles: readonly NamedCase[] = [
  ...[0, 1].flatMap((upper) =>
    [
      { dims: [5, 5], k: undefined },
      { dims: [4, 7], k: 2 },
      { dims: [7, 4], k: -3 },
      { dims: [2, 3, 3, 5], k: 1 },
      { dims: [3, 3], k: 100 },
      { dims: [3, 3], k: -100 },
      { dims: [2, 0, 3], k: 1 },
    ].map(({ dims, k }) => ({
      name: `Trilu upper ${upper} of ${named(dims)}, k ${k}`,
      ...{ op: 'Trilu', attributes: { upper }, constants: [1] },
      inputs: [
        dims.includes(0) ? tensorOf(dims, []) : uniform(dims, 94),
        k === undefined ? undefined : tensorOf([], [k], 'int64'),
      ],
    })),
  ),
  ...(['float16', 'int32', 'uint8', 'bool', 'int64'] as DataType[]).map((type) => ({
    name: `Trilu of ${type}`,
    op: 'Trilu',
    inputs: [integers([3, 5, 3], 95, { type, low: 1, high: type === 'bool' ? 1 : 99 })],
    offGpu: type.endsWith('64'),
  })),
  {
    name: 'Trilu keeps NaN and infinity, and clears them',
    op: 'Trilu',
    inputs: [tensorOf([2, 2], [nan, infinity, nan, -0])],
  },
];

export const alongAxisCases: readonly NamedCase[] = [...args, ...sums, ...triangles];
