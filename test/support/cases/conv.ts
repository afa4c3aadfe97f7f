/** Convolutions of one group: sizes are multiples of nothing, integers unless a bound is tested. */

import { type HostTensor, hostTensor } from '../../../src/core/tensor.ts';
import type { OperatorCase } from '../operator-case.ts';
import { integers, tensorOf, uniform } from '../random.ts';

export interface ConvCase extends OperatorCase {
  readonly name: string;
  /** Algorithms (or beginnings of them) that must be among those that ran. */
  readonly algorithms: readonly string[];
  /** Beginnings of algorithms that must not be offered. */
  readonly excluded?: readonly string[];
}

const product = ['conv_1x1.8x4r', 'conv_1x1.16x64', 'conv_1x1.64x64'];
const general = ['conv_implicit_gemm.32x32', 'conv_implicit_gemm.128x64', 'im2col_gemm.4x4r'];
const relu = { op: 'Relu' };

/** Constant weights and bias, integers: every sum is exact. */
function conv(
  name: string,
  x: readonly number[],
  w: readonly number[],
  attributes: NonNullable<OperatorCase['attributes']>,
  rest: Omit<Partial<ConvCase>, 'name'> & Pick<ConvCase, 'algorithms'>,
): ConvCase {
  const bias = integers([w[0] as number], 3);
  const inputs = [integers(x, 1), integers(w, 2), bias];
  return { name, op: 'Conv', attributes, inputs, constants: [1, 2], exact: true, ...rest };
}

/** Ones with NaN and infinity in the corners: what a wrong address reads is then seen. */
function corners(dims: readonly [number, number, number, number]): HostTensor {
  const [, , height, width] = dims;
  const plane = Array<number>(height * width).fill(1);
  plane[0] = Number.NaN;
  plane[plane.length - 1] = Number.POSITIVE_INFINITY;
  const channels = Array.from({ length: dims[0] * dims[1] }, () => plane).flat();
  return tensorOf(dims, channels);
}

/** Few enough for an adapter that compiles slowly. */
export const convBasicCases: readonly ConvCase[] = [
  conv(
    '3×3, channels 5 → 7, residual and Relu',
    [1, 5, 9, 11],
    [7, 5, 3, 3],
    { pads: [1, 1, 1, 1] },
    {
      residual: integers([1, 7, 9, 11], 4),
      activation: relu,
      algorithms: ['conv_direct.8x2', 'conv_direct.14x2', 'conv_direct.14x2s', ...general],
    },
  ),
  conv(
    'weights in a row of texels and a part of one',
    [1, 33, 4, 3],
    [28, 33, 3, 3],
    { pads: [1, 0, 1, 0] },
    { algorithms: ['conv_direct.8x2', 'conv_direct.14x4'] },
  ),
  conv(
    '1×1, batch of 3, channels 13 → 19, residual',
    [3, 13, 7, 5],
    [19, 13, 1, 1],
    {},
    {
      residual: integers([3, 19, 7, 5], 4),
      algorithms: [...product, 'conv_direct.7x4'],
      excluded: ['im2col_gemm'],
    },
  ),
];

export const convCases: readonly ConvCase[] = [
  conv(
    '3×3 with unequal strides and pads, batch of 2',
    [2, 6, 10, 9],
    [9, 6, 3, 3],
    { pads: [0, 1, 2, 0], strides: [2, 1] },
    { algorithms: ['conv_direct.8x2', ...general] },
  ),
  conv(
    '1×1 with pads at the end only',
    [1, 4, 2, 3],
    [5, 4, 1, 1],
    { pads: [0, 0, 1, 1] },
    { algorithms: ['conv_direct.8x4', ...general], excluded: ['conv_1x1'] },
  ),
  conv(
    '1×1 on single pixels',
    [2, 9, 1, 1],
    [70, 9, 1, 1],
    {},
    { activation: relu, algorithms: ['conv_1x1.1x1r', ...product] },
  ),
  conv(
    '1×1 with stride 2, no bias, clipped to 0…6',
    [1, 12, 7, 9],
    [8, 12, 1, 1],
    { strides: [2, 2] },
    {
      inputs: [integers([1, 12, 7, 9], 1), integers([8, 12, 1, 1], 2)],
      constants: [1],
      activation: { op: 'Clip', inputs: [tensorOf([], [0]), tensorOf([], [6])] },
      algorithms: ['conv_direct.4x2', ...general],
      excluded: ['conv_1x1'],
    },
  ),
  conv(
    '7×7 stride 2 over three channels, linear and C4',
    [1, 3, 19, 21],
    [10, 3, 7, 7],
    { pads: [3, 3, 3, 3], strides: [2, 2] },
    { algorithms: ['conv_direct.8x2', 'conv_direct.8x4', ...general] },
  ),
  conv(
    '5×5 over one channel, SAME_UPPER',
    [2, 1, 7, 6],
    [4, 1, 5, 5],
    { auto_pad: 'SAME_UPPER', kernel_shape: [5, 5] },
    { algorithms: ['conv_direct.7x2', ...general] },
  ),
  conv(
    '3×2 with unequal dilations, SAME_LOWER',
    [1, 6, 11, 10],
    [5, 6, 3, 2],
    { auto_pad: 'SAME_LOWER', dilations: [2, 3], strides: [1, 2] },
    { algorithms: ['conv_direct.8x2', ...general] },
  ),
  conv(
    '1D',
    [2, 6, 33],
    [5, 6, 3],
    { pads: [1, 1], strides: [2] },
    { algorithms: ['conv_direct.8x2', 'im2col_gemm.8x4r'] },
  ),
  conv(
    '3D',
    [1, 5, 6, 7, 5],
    [6, 5, 3, 2, 3],
    { pads: [1, 0, 1, 1, 1, 1], strides: [1, 2, 1] },
    { algorithms: ['conv_direct.7x4', 'im2col_gemm.64x64'], excluded: ['conv_implicit_gemm'] },
  ),
  {
    name: 'NaN and infinity reach only the windows that hold them',
    op: 'Conv',
    attributes: { pads: [1, 2, 1, 0] },
    inputs: [corners([2, 4, 5, 6]), integers([3, 4, 3, 3], 2)],
    constants: [1],
    exact: true,
    algorithms: ['conv_direct.8x2', ...general],
  },
  {
    name: 'sums of 576 terms stay within their bound',
    op: 'Conv',
    attributes: { pads: [1, 1, 1, 1] },
    inputs: [uniform([1, 64, 9, 7], 1), uniform([12, 64, 3, 3], 2), uniform([12], 3)],
    constants: [1, 2],
    algorithms: ['conv_direct.8x2', ...general],
  },
  {
    name: 'weights and bias that are no constants, Sigmoid over five channels',
    op: 'Conv',
    attributes: {},
    inputs: [uniform([1, 8, 5, 5], 1), uniform([5, 8, 1, 1], 2), uniform([5], 3)],
    activation: { op: 'Sigmoid' },
    algorithms: product,
  },
  {
    name: 'an empty batch',
    op: 'Conv',
    inputs: [hostTensor('float32', [0, 4, 5, 5], new Float32Array(0)), integers([3, 4, 2, 2], 2)],
    constants: [1],
    algorithms: [],
  },
];
