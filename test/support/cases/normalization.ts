/** Layer, RMS, instance, group, Lp and mean-variance normalisation cases for the GPU. */

import { tensorOf, uniform } from '../random.ts';
import type { NamedCase } from './pool.ts';

const float = (value: number) => ({ kind: 'float', value }) as const;
const all = ['normalise_serial', 'normalise_workgroup', 'normalise_split'] as const;
const named = (dims: readonly number[]) => `[${dims}]`;

/** Values about a mean that is many times their deviation. */
const offset = (dims: readonly number[], seed: number, mean: number) => {
  const noise = uniform(dims, seed);
  const values = new Float32Array(noise.bytes.slice().buffer).map((value) => value + mean);
  return tensorOf(dims, [...values]);
};

const layers: readonly NamedCase[] = [
  ...[
    { dims: [3, 7], axis: -1 },
    { dims: [5, 8], axis: 1 },
    { dims: [2, 3, 4, 5], axis: 1 },
    { dims: [2, 3, 4, 5], axis: 2 },
    { dims: [3, 5, 9], axis: 0 },
    { dims: [2, 1, 1], axis: 1 },
    { dims: [6], axis: 0 },
    { dims: [2, 97], axis: -1 },
    { dims: [3, 768], axis: -1, algorithms: all },
    { dims: [1, 5003], axis: -1, algorithms: all },
  ].flatMap(({ dims, axis, algorithms = [] }): NamedCase[] => {
    const normalised = dims.slice(axis < 0 ? axis : axis);
    const x = uniform(dims, 50, { scale: 3 });
    const scale = uniform(normalised, 51);
    const bias = uniform(normalised, 52);
    const attributes = { axis };
    return [
      {
        name: `LayerNormalization ${named(dims)} from axis ${axis}`,
        ...{ op: 'LayerNormalization', attributes, inputs: [x, scale, bias], algorithms },
      },
      {
        name: `LayerNormalization ${named(dims)} from axis ${axis} with its statistics`,
        ...{ op: 'LayerNormalization', attributes, inputs: [x, scale], outputCount: 3, algorithms },
      },
      {
        name: `RMSNormalization ${named(dims)} from axis ${axis}`,
        ...{ op: 'RMSNormalization', opset: 23, attributes, inputs: [x, scale], algorithms },
      },
    ];
  }),
  ...[
    { scale: [5], bias: [4, 1] },
    { scale: [1], bias: [1, 5] },
    { scale: [], bias: [3, 1, 5] },
    { scale: [2, 1, 4, 1], bias: [4, 5] },
  ].map(({ scale, bias }) => ({
    name: `LayerNormalization with scale ${named(scale)} and bias ${named(bias)} of [2,3,4,5]`,
    op: 'LayerNormalization',
    attributes: { axis: 2 },
    inputs: [uniform([2, 3, 4, 5], 53), uniform(scale, 54), uniform(bias, 55)],
    outputCount: 2,
  })),
  {
    name: 'RMSNormalization with a scale of one dimension of two',
    op: 'RMSNormalization',
    opset: 23,
    attributes: { axis: 1, epsilon: float(0.1) },
    inputs: [uniform([2, 6, 4], 56), uniform([6, 1], 57)],
  },
  {
    name: 'LayerNormalization of float16',
    op: 'LayerNormalization',
    inputs: [
      uniform([3, 130], 58, { type: 'float16', scale: 4 }),
      uniform([130], 59, { type: 'float16' }),
      uniform([130], 60, { type: 'float16' }),
    ],
    outputCount: 3,
  },
  {
    name: 'LayerNormalization of float16 in vectors',
    op: 'LayerNormalization',
    inputs: [
      uniform([3, 132], 58, { type: 'float16', scale: 4 }),
      uniform([132], 59, { type: 'float16' }),
    ],
  },
  ...[130, 132].map((size) => ({
    name: `LayerNormalization of ${size} values far from zero`,
    op: 'LayerNormalization',
    inputs: [offset([3, size], 61, 4096), uniform([size], 62), uniform([size], 63)],
    outputCount: 3,
  })),
  {
    name: 'LayerNormalization of NaN and infinities',
    op: 'LayerNormalization',
    inputs: [
      tensorOf(
        [4, 70],
        Array.from({ length: 280 }, (_, index) =>
          index === 40
            ? Number.NaN
            : index === 99
              ? Number.POSITIVE_INFINITY
              : index === 160
                ? Number.NEGATIVE_INFINITY
                : index % 11,
        ),
      ),
      uniform([70], 64),
      uniform([70], 65),
    ],
    outputCount: 3,
  },
  ...[
    [0, 5],
    [3, 0],
    [2, 0, 4],
  ].map((dims) => ({
    name: `LayerNormalization of nothing, ${named(dims)}`,
    op: 'LayerNormalization',
    inputs: [tensorOf(dims, []), uniform(dims.slice(-1), 66), uniform(dims.slice(-1), 67)],
    outputCount: 3,
  })),
];

const vectors = (count: number, type: 'float32' | 'float16' = 'float32') => [
  uniform([count], 70, { type }),
  uniform([count], 71, { type }),
];

const channelwise: readonly NamedCase[] = [
  ...[
    { dims: [2, 6, 5, 7] },
    { dims: [1, 8, 4, 4] },
    { dims: [3, 5] },
    { dims: [2, 3, 11] },
    { dims: [2, 3, 8] },
    { dims: [1, 2, 3, 4, 5] },
    { dims: [0, 3, 2, 2] },
    { dims: [2, 3, 0, 2] },
    { dims: [1, 3, 40, 41], algorithms: all },
  ].map(({ dims, algorithms = [] }) => ({
    name: `InstanceNormalization ${named(dims)}`,
    op: 'InstanceNormalization',
    inputs: [
      dims.includes(0) ? tensorOf(dims, []) : uniform(dims, 72, { scale: 2 }),
      ...vectors(dims[1] ?? 0),
    ],
    algorithms,
  })),
  ...['Relu', 'Sigmoid'].map((op) => ({
    name: `InstanceNormalization with ${op}: unused lanes stay zero`,
    op: 'InstanceNormalization',
    inputs: [uniform([2, 5, 6, 6], 73), ...vectors(5)],
    activation: { op },
  })),
  ...[
    { dims: [2, 6, 5, 7], num_groups: 3 },
    { dims: [2, 6, 4, 4], num_groups: 2 },
    { dims: [2, 16, 5, 3], num_groups: 2 },
    { dims: [1, 8, 3, 3], num_groups: 8 },
    { dims: [2, 8, 3, 3], num_groups: 1 },
    { dims: [2, 6, 9], num_groups: 2 },
    { dims: [1, 32, 13, 12], num_groups: 4, algorithms: all },
  ].flatMap(({ dims, num_groups, algorithms = [] }) =>
    [18, 21].map((opset) => ({
      name: `GroupNormalization-${opset} of ${num_groups} groups of ${named(dims)}`,
      op: 'GroupNormalization',
      opset,
      attributes: { num_groups, epsilon: float(1e-3) },
      inputs: [
        uniform(dims, 74, { scale: 2 }),
        ...vectors(opset < 21 ? num_groups : (dims[1] ?? 0)),
      ],
      algorithms,
    })),
  ),
  {
    name: 'GroupNormalization with HardSwish',
    op: 'GroupNormalization',
    attributes: { num_groups: 2 },
    inputs: [uniform([1, 8, 5, 5], 75), ...vectors(8)],
    activation: { op: 'HardSwish' },
  },
  ...[6, 8].map((channels) => ({
    name: `InstanceNormalization of float16 with ${channels} channels`,
    op: 'InstanceNormalization',
    inputs: [
      uniform([2, channels, 5, 4], 76, { type: 'float16' }),
      ...vectors(channels, 'float16'),
    ],
  })),
  {
    name: 'InstanceNormalization of one channel with NaN: the others keep their values',
    op: 'InstanceNormalization',
    inputs: [
      tensorOf(
        [1, 3, 5, 5],
        Array.from({ length: 75 }, (_, index) => (index === 30 ? Number.NaN : (index * 7) % 13)),
      ),
      ...vectors(3),
    ],
  },
];

const plain: readonly NamedCase[] = [
  ...[1, 2].flatMap((p) =>
    [
      { dims: [3, 7], axis: -1 },
      { dims: [3, 8], axis: -1 },
      { dims: [5, 6, 7], axis: 0 },
      { dims: [5, 6, 7], axis: 1 },
      { dims: [2, 0, 3], axis: 1 },
      { dims: [2, 512, 3], axis: 1, algorithms: all },
      { dims: [2, 1024], axis: 1, algorithms: all },
    ].map(({ dims, axis, algorithms = [] }) => ({
      name: `LpNormalization of order ${p} along axis ${axis} of ${named(dims)}`,
      op: 'LpNormalization',
      attributes: { p, axis },
      inputs: [dims.includes(0) ? tensorOf(dims, []) : uniform(dims, 80, { scale: 5 })],
      algorithms,
    })),
  ),
  ...[1, 2].map((p) => ({
    name: `LpNormalization of order ${p} of a row of zeros, and one of NaN`,
    op: 'LpNormalization',
    attributes: { p },
    inputs: [tensorOf([3, 5], [0, 0, 0, 0, 0, 3, -4, 0, 0, 0, 1, Number.NaN, 2, 3, 4])],
  })),
  ...[
    { dims: [2, 3, 5, 4], axes: undefined },
    { dims: [1, 3, 5, 4], axes: undefined },
    { dims: [2, 3, 5, 4], axes: [1, 2, 3] },
    { dims: [2, 3, 5, 4], axes: [2, 3] },
    { dims: [2, 3, 5, 4], axes: [0, -2] },
    { dims: [3, 4], axes: [0] },
    { dims: [8, 3, 20, 10], axes: undefined, algorithms: all },
  ].map(({ dims, axes, algorithms = [] }) => ({
    name: `MeanVarianceNormalization of ${named(dims)} along ${axes ?? 'the default axes'}`,
    op: 'MeanVarianceNormalization',
    attributes: { axes },
    inputs: [uniform(dims, 81, { scale: 2 })],
    algorithms,
  })),
];

export const normalizationCases: readonly NamedCase[] = [...layers, ...channelwise, ...plain];
