/** Pooling cases for the GPU: every kernel variant that the operators choose from. */

import type { OperatorCase } from '../operator-case.ts';
import { integers, tensorOf, uniform } from '../random.ts';

const ints = (dims: readonly number[], seed = 1) => integers(dims, seed);
const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

export interface NamedCase extends OperatorCase {
  readonly name: string;
  /** Algorithms that must be among those that ran. */
  readonly algorithms?: readonly string[];
}

/** The same window by every pooling operator. */
function windows(
  name: string,
  dims: readonly number[],
  attributes: NonNullable<OperatorCase['attributes']>,
): NamedCase[] {
  const exact = ['MaxPool', 'wgconv.MinPool'].map((op) => ({
    ...{ name: `${op} ${name}`, op, attributes, inputs: [ints(dims)], exact: true },
  }));
  const summed = ['AveragePool', 'LpPool'].map((op) => ({
    ...{ name: `${op} ${name}`, op, attributes, inputs: [uniform(dims, 2)] },
  }));
  return [...exact, ...summed];
}

export const poolCases: readonly NamedCase[] = [
  ...windows('2×2 stride 2', [2, 5, 8, 10], { kernel_shape: [2, 2], strides: [2, 2] }).map(
    (one) => ({
      ...one,
      algorithms: ['pool_c4_unrolled', 'pool_c4', 'pool_linear_unrolled', 'pool_linear'],
    }),
  ),
  ...windows('over the whole plane', [2, 6, 7, 9], { kernel_shape: [7, 9] }).map((one) => ({
    ...one,
    algorithms: ['reduce_serial', 'reduce_workgroup'],
  })),
  ...windows('3×3 stride 2, pads on every side', [1, 6, 11, 13], {
    ...{ kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  }),
  ...windows('3×3 stride 1, one pad at the end', [1, 4, 7, 6], {
    ...{ kernel_shape: [3, 3], pads: [0, 1, 1, 0] },
  }),
  ...windows('3×3 with different strides', [1, 3, 9, 12], {
    ...{ kernel_shape: [3, 3], strides: [1, 2], pads: [2, 0, 0, 2] },
  }),
  ...windows('3×2, dilated, asymmetric pads', [1, 7, 10, 9], {
    ...{ kernel_shape: [3, 2], dilations: [2, 3], strides: [1, 2], pads: [1, 2, 0, 1] },
  }),
  ...windows('3×3 dilated by 2', [1, 4, 8, 8], { kernel_shape: [3, 3], dilations: [2, 2] }),
  ...windows('3×3 stride 2 ceil', [1, 5, 6, 8], {
    ...{ kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  }),
  ...windows('SAME_UPPER', [1, 2, 7, 6], {
    ...{ kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' },
  }),
  ...windows('SAME_LOWER', [1, 2, 7, 6], {
    ...{ kernel_shape: [2, 3], strides: [2, 2], auto_pad: 'SAME_LOWER' },
  }),
  ...windows('1D', [2, 3, 17], { kernel_shape: [4], strides: [3], pads: [2, 1] }),
  ...windows('3D', [1, 2, 5, 6, 7], {
    ...{ kernel_shape: [2, 3, 2], strides: [2, 1, 2], pads: [1, 0, 1, 0, 2, 0] },
  }),
  ...windows('windows without a tap', [1, 2, 2, 2], {
    ...{ kernel_shape: [2, 2], dilations: [4, 4], pads: [2, 2, 2, 2] },
  }),
  ...[0, 1].flatMap((ceil_mode) =>
    [
      { dims: [1, 5, 9, 9], kernel_shape: [4, 4], strides: [4, 4], pads: [2, 2, 2, 2] },
      { dims: [1, 5, 7, 9], kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
      {
        dims: [1, 2, 7, 8, 9],
        kernel_shape: [3, 2, 3],
        strides: [2, 2, 2],
        pads: [1, 1, 0, 0, 1, 1],
      },
    ].map(({ dims, ...attributes }) => ({
      name: `AveragePool counts padding, ceil_mode ${ceil_mode}, [${dims}]`,
      op: 'AveragePool',
      attributes: { ...attributes, ceil_mode, count_include_pad: 1 },
      inputs: [uniform(dims, 3)],
    })),
  ),
  ...[1, 3].map((p) => ({
    name: `LpPool with p ${p}`,
    op: 'LpPool',
    attributes: { kernel_shape: [2, 2], p, pads: [1, 0, 0, 1] },
    inputs: [uniform([1, 5, 6, 7], 4)],
  })),
  ...[0, 1].flatMap((storage_order) =>
    [
      { dims: [2, 3, 7, 6], kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] },
      { dims: [1, 2, 4, 5, 6], kernel_shape: [2, 2, 3], pads: [0, 1, 1, 0, 0, 1] },
      { dims: [2, 3, 17], kernel_shape: [3], strides: [2], dilations: [3], pads: [2, 1] },
      {
        ...{ dims: [1, 3, 11, 10], kernel_shape: [3, 2], strides: [3, 2], dilations: [2, 3] },
        ...{ pads: [1, 2, 0, 1], ceil_mode: 1 },
      },
      {
        ...{ dims: [1, 2, 6, 7, 5], kernel_shape: [2, 3, 2], strides: [2, 2, 3] },
        ...{ dilations: [2, 1, 3], pads: [1, 0, 2, 0, 1, 1], ceil_mode: 1 },
      },
    ].map(({ dims, ...attributes }) => ({
      name: `MaxPool with indices, storage_order ${storage_order}, [${dims}]`,
      op: 'MaxPool',
      attributes: { ...attributes, storage_order },
      inputs: [ints(dims, 5)],
      outputCount: 2,
      exact: true,
      algorithms: ['pool_linear'],
    })),
  ),
  ...(['int8', 'uint8'] as const).flatMap((type) =>
    [1, 2].map((outputCount) => ({
      name: `MaxPool of ${type}, ${outputCount} outputs`,
      op: 'MaxPool',
      attributes: { kernel_shape: [2, 3], pads: [1, 1, 0, 1] },
      inputs: [integers([1, 3, 5, 6], 6, { type, low: type === 'int8' ? -128 : 0, high: 127 })],
      outputCount,
      exact: true,
    })),
  ),
  ...(['MaxPool', 'AveragePool', 'GlobalAveragePool'] as const).map((op) => ({
    name: `${op} of float16`,
    op,
    attributes: op.startsWith('Global') ? {} : { kernel_shape: [3, 3], strides: [2, 2] },
    inputs: [uniform([1, 6, 9, 9], 7, { type: 'float16' })],
  })),
  ...[1, 2].map((outputCount) => ({
    name: `MaxPool keeps NaN and infinity, ${outputCount} outputs`,
    op: 'MaxPool',
    attributes: { kernel_shape: [2, 2] },
    inputs: [
      tensorOf(
        [1, 1, 3, 5],
        [1, nan, 2, -infinity, -infinity, 3, 4, 5, -infinity, -infinity, -1, infinity, 0, -3, nan],
      ),
    ],
    outputCount,
    exact: true,
  })),
  {
    name: 'MaxPool below -1e5',
    op: 'MaxPool',
    attributes: { kernel_shape: [2, 2], pads: [1, 1, 1, 1] },
    inputs: [tensorOf([1, 1, 2, 2], [-2e5, -3e38, -1e30, -2e6])],
    exact: true,
  },
  {
    name: 'MaxPool of an empty batch',
    op: 'MaxPool',
    attributes: { kernel_shape: [2, 2] },
    inputs: [tensorOf([0, 1, 4, 4], [])],
    exact: true,
  },
  ...[
    [2, 5, 3, 4],
    [1, 9, 7, 7],
    [1, 3, 40, 40],
    [3, 2, 11],
    [1, 4, 3, 4, 5],
  ].flatMap((dims) => [
    {
      name: `GlobalAveragePool [${dims}]`,
      op: 'GlobalAveragePool',
      inputs: [uniform(dims, 8)],
      algorithms:
        dims.length === 4 && Number(dims[2]) >= 7 ? ['reduce_serial', 'reduce_workgroup'] : [],
    },
    { name: `GlobalMaxPool [${dims}]`, op: 'GlobalMaxPool', inputs: [ints(dims, 9)], exact: true },
    { name: `GlobalLpPool [${dims}]`, op: 'GlobalLpPool', inputs: [uniform(dims, 10)] },
  ]),
  {
    name: 'GlobalMaxPool keeps NaN',
    op: 'GlobalMaxPool',
    inputs: [
      tensorOf(
        [1, 2, 6, 6],
        Array.from({ length: 72 }, (_, i) => (i === 20 ? nan : i)),
      ),
    ],
    exact: true,
  },
];
