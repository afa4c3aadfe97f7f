/** BatchNormalization and LRN cases for the GPU. */

import { integers, tensorOf, uniform } from '../random.ts';
import type { NamedCase } from './pool.ts';

const channels = (count: number, seed: number) => uniform([count], seed);
/** Variances from 0.5 to 1.5. */
const variances = (count: number) =>
  tensorOf(
    [count],
    Array.from({ length: count }, (_, c) => 0.5 + ((c * 7) % 11) / 10),
  );

const vectors = (count: number) => [
  channels(count, 21),
  channels(count, 22),
  channels(count, 23),
  variances(count),
];

export const batchNormCases: readonly NamedCase[] = [
  ...[
    [2, 6, 5, 7],
    [1, 8, 4, 4],
    [3, 5],
    [2, 3, 11],
    [1, 2, 3, 4, 5],
  ].flatMap((dims) => [
    {
      name: `BatchNormalization [${dims}]`,
      op: 'BatchNormalization',
      inputs: [uniform(dims, 20), ...vectors(Number(dims[1]))],
      constants: [1, 2, 3, 4],
    },
    {
      name: `BatchNormalization [${dims}] of values that are not constants`,
      op: 'BatchNormalization',
      attributes: { epsilon: 0.01 },
      inputs: [uniform(dims, 20), ...vectors(Number(dims[1]))],
    },
    {
      name: `BatchNormalization [${dims}] of a training batch`,
      op: 'BatchNormalization',
      attributes: { training_mode: 1, momentum: 0.75 },
      inputs: [uniform(dims, 24), ...vectors(Number(dims[1]))],
      outputCount: 3,
    },
  ]),
  {
    name: 'BatchNormalization of integers with a power of four',
    op: 'BatchNormalization',
    attributes: { epsilon: { kind: 'float', value: 0 } },
    inputs: [
      integers([1, 5, 3, 3], 25),
      integers([5], 26),
      integers([5], 27),
      integers([5], 28),
      tensorOf([5], [1, 4, 16, 0.25, 64]),
    ],
  },
  {
    name: 'BatchNormalization of a long training batch',
    op: 'BatchNormalization',
    attributes: { training_mode: 1 },
    inputs: [uniform([4, 3, 20, 20], 29), ...vectors(3)],
    outputCount: 3,
    algorithms: [
      'batch_norm_reduce_serial',
      'batch_norm_reduce_workgroup',
      'batch_norm_reduce_split',
    ],
  },
  {
    name: 'BatchNormalization with Relu',
    op: 'BatchNormalization',
    inputs: [uniform([1, 6, 5, 5], 30), ...vectors(6)],
    constants: [1, 2, 3, 4],
    activation: { op: 'Relu' },
  },
  {
    name: 'BatchNormalization with Sigmoid: unused lanes stay zero',
    op: 'BatchNormalization',
    inputs: [uniform([1, 5, 3, 3], 31), ...vectors(5)],
    constants: [1, 2, 3, 4],
    activation: { op: 'Sigmoid' },
  },
  {
    name: 'BatchNormalization of every position (spatial 0)',
    op: 'BatchNormalization',
    opset: 7,
    attributes: { spatial: 0 },
    inputs: [
      uniform([2, 3, 2, 2], 32),
      ...[33, 34, 35].map((seed) => uniform([3, 2, 2], seed)),
      tensorOf(
        [3, 2, 2],
        Array.from({ length: 12 }, (_, i) => 0.5 + i / 12),
      ),
    ],
  },
  {
    name: 'BatchNormalization of float16 with float32 statistics',
    op: 'BatchNormalization',
    inputs: [uniform([1, 6, 4, 5], 36, { type: 'float16' }), ...vectors(6)],
    constants: [1, 2, 3, 4],
  },
];

export const lrnCases: readonly NamedCase[] = [
  { size: 5, dims: [2, 11, 3, 4] },
  { size: 3, alpha: 0.5, beta: 0.5, bias: 2, dims: [1, 5, 4, 4] },
  { size: 4, alpha: 0.9, dims: [1, 6, 3, 3] },
  { size: 9, alpha: 2, beta: 1, dims: [1, 7, 3, 5] },
  { size: 3, alpha: 1, dims: [2, 4, 6] },
  { size: 1, alpha: 1, dims: [2, 3, 2, 2] },
].map(({ dims, alpha = 1e-4, beta = 0.75, bias = 1, size }) => ({
  name: `LRN of ${size} channels, alpha ${alpha}, beta ${beta}, [${dims}]`,
  op: 'LRN',
  attributes: {
    size,
    alpha: { kind: 'float' as const, value: alpha },
    beta: { kind: 'float' as const, value: beta },
    bias: { kind: 'float' as const, value: bias },
  },
  inputs: [uniform(dims, 40, { scale: 3 })],
}));
