/** One product of integers as lowering sees it: a convolution, or matrices as its case of one tap. */

import { broadcastStrides, sizeOf, stridesOf } from '../../core/shape.ts';
import { type ConvAttributes, convGeometry } from '../conv/geometry.ts';
import { outPixels as outPixelsOf, tapsOf } from '../conv/problem.ts';
import { matMulSizes } from '../matmul/sizes.ts';
import type { LoweringIO } from '../operator.ts';
import { type IntegerRoles, parameterStrides } from './roles.ts';

/** What `pack_integers` reads of one operand; of a source, `outs` is 1 and `inner` are its pixels. */
export interface PackedOperand {
  /** Which input of the node. */
  readonly input: number;
  /** How many sources, or sets of weights, lie one after the other. */
  readonly outers: number;
  readonly outs: number;
  readonly inner: number;
  readonly outerStride: number;
  readonly outStride: number;
  readonly channelStride: number;
  readonly innerStride: number;
  /** Which input is its zero point, and from one pixel or output channel to the next. */
  readonly zero: number;
  readonly zeroStride: number;
}

/** Sizes of the window, as `integer_product` has them in its uniforms. */
type Window = Readonly<
  Record<
    | `${'in' | 'out'}${'Height' | 'Width'}`
    | 'inDepth'
    | `kernel${'Depth' | 'Height' | 'Width'}`
    | `${'stride' | 'dilation'}${'Z' | 'Y' | 'X'}`
    | 'padFront'
    | 'padTop'
    | 'padLeft',
    number
  >
>;

export interface IntegerProblem {
  /** Name of this reading of the operands, where there is another. */
  readonly form: string;
  readonly source: PackedOperand;
  readonly weights: PackedOperand;
  readonly channels: number;
  readonly outs: number;
  readonly outPixels: number;
  readonly window: Window;
  readonly resultOutStride: number;
  readonly resultPixelStride: number;
  /** For each outer: its source, its weights, its first zero point of either. */
  readonly places: readonly (readonly [number, number, number, number])[];
}

/** The scales of a quantised result `[outers][rows][columns]`. */
export interface Requantisation {
  readonly rows: number;
  readonly columns: number;
  /** Of x, w and y. */
  readonly rowStrides: readonly [number, number, number, number];
  readonly columnStrides: readonly [number, number, number, number];
  /** For each outer: the first scale of x, w and y. */
  readonly places: readonly (readonly [number, number, number, number])[];
}

/** A convolution of one input and one output channel for each group, as one of all channels. */
export type DepthwiseProblem = Omit<
  IntegerProblem,
  'form' | 'places' | 'resultOutStride' | 'resultPixelStride' | 'outs'
>;

export interface IntegerLowering {
  readonly depthwise?: DepthwiseProblem | undefined;
  /** Ways to read the operands; any gives the result. */
  readonly problems: readonly IntegerProblem[];
  readonly requantisation: Requantisation | undefined;
}

const dimsOf = (io: LoweringIO, index: number): readonly number[] => io.inputs[index]?.dims ?? [];

export function convLowering(
  io: LoweringIO,
  attributes: ConvAttributes,
  roles: IntegerRoles,
): IntegerLowering {
  const result = io.outputs[0]?.dims ?? [];
  const weightDims = dimsOf(io, roles.w);
  const g = convGeometry(dimsOf(io, roles.x), weightDims, result, attributes);
  const { batch, group } = g;
  const channels = g.inChannels / group;
  const outs = g.outChannels / group;
  const plane = g.inDepth * g.inHeight * g.inWidth;
  const taps = tapsOf(g);
  const outPixels = outPixelsOf(g);
  const rows = [g.outChannels, outPixels];
  const spread = (what: string, index: number) =>
    parameterStrides(what, dimsOf(io, index), 'row', rows)[0] ?? 0;
  const zeroStride = spread('the zero point of w', roles.wZero);
  const scales = roles.quantised;
  return {
    depthwise:
      channels === 1 && outs === 1
        ? {
            source: {
              ...{ input: roles.x, outers: batch, outs: 1, inner: plane },
              ...{ outerStride: group * plane, outStride: 0, channelStride: plane, innerStride: 1 },
              ...{ zero: roles.xZero, zeroStride: 0 },
            },
            weights: {
              ...{ input: roles.w, outers: 1, outs: 1, inner: taps },
              ...{ outerStride: 0, outStride: 0, channelStride: taps, innerStride: 1 },
              ...{ zero: roles.wZero, zeroStride },
            },
            ...{ channels: group, outPixels, window: g },
          }
        : undefined,
    problems: [
      {
        form: 'conv',
        source: {
          ...{ input: roles.x, outers: batch * group, outs: 1, inner: plane },
          ...{ outerStride: channels * plane, outStride: 0, channelStride: plane, innerStride: 1 },
          ...{ zero: roles.xZero, zeroStride: 0 },
        },
        weights: {
          ...{ input: roles.w, outers: group, outs, inner: taps },
          ...{ outerStride: outs * channels * taps, outStride: channels * taps },
          ...{ channelStride: taps, innerStride: 1, zero: roles.wZero, zeroStride },
        },
        ...{ channels, outs, outPixels, window: g },
        ...{ resultOutStride: outPixels, resultPixelStride: 1 },
        places: Array.from({ length: batch * group }, (_, outer) => {
          const at = outer % group;
          return [outer, at, 0, at * outs * zeroStride] as const;
        }),
      },
    ],
    requantisation: scales && {
      rows: g.outChannels,
      columns: outPixels,
      rowStrides: [0, spread('the scale of w', scales.wScale), 0, 0],
      columnStrides: [0, 0, 0, 0],
      places: Array.from({ length: batch }, () => [0, 0, 0, 0] as const),
    },
  };
}

/** One pixel for each line, one tap. */
const lineWindow = (length: number): Window => ({
  ...{ inDepth: 1, inHeight: 1, inWidth: length, outHeight: 1, outWidth: length },
  ...{ kernelDepth: 1, kernelHeight: 1, kernelWidth: 1, strideZ: 1, strideY: 1, strideX: 1 },
  ...{ dilationZ: 1, dilationY: 1, dilationX: 1, padFront: 0, padTop: 0, padLeft: 0 },
});

export function matMulLowering(io: LoweringIO, roles: IntegerRoles): IntegerLowering {
  const sizes = matMulSizes(dimsOf(io, roles.x), dimsOf(io, roles.w));
  const batch = sizes.batch.map(Number);
  const [rows, columns, depth] = [Number(sizes.rows), Number(sizes.columns), Number(sizes.depth)];
  const matrices = sizeOf(batch);
  const batchStrides = stridesOf(batch);
  /** The first of `strides` along the batch, for each of its products. */
  const firsts = (strides: readonly number[]) =>
    Array.from({ length: matrices }, (_, index) =>
      batch.reduce(
        (at, size, axis) =>
          at + (Math.floor(index / (batchStrides[axis] ?? 1)) % size) * (strides[axis] ?? 0),
        0,
      ),
    );
  const parameter = (what: string, index: number, spread: 'row' | 'column') => {
    const strides = parameterStrides(what, dimsOf(io, index), spread, [...batch, rows, columns]);
    return { strides: strides.slice(-2) as [number, number], firsts: firsts(strides) };
  };
  const operand = (dims: readonly (number | string)[], count: number) => {
    const own = dims.slice(0, -2).map(Number);
    return {
      outers: sizeOf(own),
      outerStride: count,
      firsts: firsts(broadcastStrides(own, batch)),
    };
  };
  const left = operand(sizes.left, rows * depth);
  const right = operand(sizes.right, depth * columns);
  const xZero = parameter('the zero point of the left matrix', roles.xZero, 'row');
  const wZero = parameter('the zero point of the right matrix', roles.wZero, 'column');
  const a = { input: roles.x, zero: roles.xZero, zeroStride: xZero.strides[0] };
  const b = { input: roles.w, zero: roles.wZero, zeroStride: wZero.strides[1] };
  const aOuter = { outers: left.outers, outerStride: left.outerStride };
  const bOuter = { outers: right.outers, outerStride: right.outerStride };
  const problems: IntegerProblem[] = [
    {
      form: 'rows',
      source: {
        ...{ ...a, ...aOuter, outs: 1, inner: rows },
        ...{ outStride: 0, channelStride: 1, innerStride: depth },
      },
      weights: {
        ...{ ...b, ...bOuter, outs: columns, inner: 1 },
        ...{ outStride: 1, channelStride: columns, innerStride: 0 },
      },
      ...{ channels: depth, outs: columns, outPixels: rows, window: lineWindow(rows) },
      ...{ resultOutStride: 1, resultPixelStride: columns },
      places: left.firsts.map(
        (at, index) =>
          [
            at,
            right.firsts[index] ?? 0,
            xZero.firsts[index] ?? 0,
            wZero.firsts[index] ?? 0,
          ] as const,
      ),
    },
    // The transposed product, for few rows: neighbouring invocations own neighbouring columns.
    {
      form: 'columns',
      source: {
        ...{ ...b, ...bOuter, outs: 1, inner: columns },
        ...{ outStride: 0, channelStride: columns, innerStride: 1 },
      },
      weights: {
        ...{ ...a, ...aOuter, outs: rows, inner: 1 },
        ...{ outStride: depth, channelStride: 1, innerStride: 0 },
      },
      ...{ channels: depth, outs: rows, outPixels: columns, window: lineWindow(columns) },
      ...{ resultOutStride: columns, resultPixelStride: 1 },
      places: left.firsts.map(
        (at, index) =>
          [
            right.firsts[index] ?? 0,
            at,
            wZero.firsts[index] ?? 0,
            xZero.firsts[index] ?? 0,
          ] as const,
      ),
    },
  ];
  const scales = roles.quantised;
  if (!scales) return { problems, requantisation: undefined };
  const all = [
    parameter('the scale of a', scales.xScale, 'row'),
    parameter('the scale of b', scales.wScale, 'column'),
    parameter('the scale of y', scales.yScale, 'row'),
  ] as const;
  const [x, w, y] = all;
  return {
    problems,
    requantisation: {
      ...{ rows, columns },
      rowStrides: [x.strides[0], w.strides[0], y.strides[0], 0],
      columnStrides: [x.strides[1], w.strides[1], y.strides[1], 0],
      places: x.firsts.map(
        (at, index) => [at, w.firsts[index] ?? 0, y.firsts[index] ?? 0, 0] as const,
      ),
    },
  };
}
