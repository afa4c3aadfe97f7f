/**
 * How a kernel walks operands that are broadcast to a result: axes merged as far as all strides
 * allow, by vec4 wherever the innermost axis (or C4) permits. Feeds `shaders/lib/broadcast.ts`.
 */

import { type BroadcastMode, maxBroadcastAxes } from '../../../shaders/lib/broadcast.ts';
import { c4Elements, channelBlocks } from '../../../shaders/lib/layout.ts';
import { broadcastStrides, sizeOf } from '../../core/shape.ts';
import type { Layout } from '../../graph/graph.ts';
import { padDims } from './beside-c4.ts';

type Quad = readonly [number, number, number, number];

export interface OperandWalk {
  readonly inner: Quad;
  readonly outer: Quad;
  /** 1 where one element fills all four lanes of the result. */
  readonly splat: number;
}

export interface Walk {
  readonly mode: BroadcastMode;
  readonly shape: {
    readonly count: number;
    readonly rank: number;
    readonly sizesInner: Quad;
    readonly sizesOuter: Quad;
  };
  readonly operands: readonly OperandWalk[];
}

export interface Operand {
  readonly dims: readonly number[];
  readonly layout: Layout;
}

/** An axis of the result and each operand's stride along it, in elements. */
interface Axis {
  size: number;
  strides: number[];
}

/** Undefined where more axes remain than kernels can walk. */
export function planWalk(result: Operand, operands: readonly Operand[]): Walk | undefined {
  const c4 = result.layout === 'c4';
  const elements = c4 ? c4Elements(result.dims) : sizeOf(result.dims);
  const count = Math.ceil(elements / 4);
  const same = ({ dims, layout }: Operand): boolean =>
    layout === result.layout && sizeOf(dims) === sizeOf(result.dims);
  if (operands.every(same)) return makeWalk('flat', count, [{ size: count, strides: [] }], []);
  if (c4) {
    const splats = operands.map((operand) => isSplat(operand, result));
    return makeWalk('blocks', count, merge(c4Axes(result.dims, operands)), splats);
  }
  const axes = merge(linearAxes(result.dims, operands));
  const [innermost = { size: 1, strides: operands.map(() => 0) }] = axes;
  // Whole vec4s along the innermost axis, or one axis alone, whose last vec4 may reach into the
  // padding of the buffers.
  if (innermost.size % 4 === 0 || axes.length <= 1) {
    const splats = innermost.strides.map((stride) => stride === 0);
    const blocks = axes.map(({ size, strides }, index) =>
      index === 0
        ? { size: Math.ceil(size / 4), strides: strides.map((stride) => stride * 4) }
        : { size, strides },
    );
    return makeWalk('blocks', count, blocks, splats);
  }
  return makeWalk('elements', elements, axes, []);
}

function makeWalk(
  mode: BroadcastMode,
  count: number,
  axes: readonly Axis[],
  splats: readonly boolean[],
): Walk | undefined {
  if (axes.length > maxBroadcastAxes) return undefined;
  const quad = (values: readonly number[], from: number): Quad => [
    values[from] ?? 0,
    values[from + 1] ?? 0,
    values[from + 2] ?? 0,
    values[from + 3] ?? 0,
  ];
  const sizes = axes.map(({ size }) => size);
  const operandCount = axes[0]?.strides.length ?? 0;
  return {
    mode,
    shape: {
      count,
      rank: Math.max(axes.length, 1),
      sizesInner: quad(sizes, 0),
      sizesOuter: quad(sizes, 4),
    },
    operands: Array.from({ length: operandCount }, (_, operand) => {
      const strides = axes.map((axis) => axis.strides[operand] as number);
      return {
        inner: quad(strides, 0),
        outer: quad(strides, 4),
        splat: splats[operand] ? 1 : 0,
      };
    }),
  };
}

/** What an operand walks where the kernel does not look (mode `flat`). */
export const noWalk: OperandWalk = { inner: [0, 0, 0, 0], outer: [0, 0, 0, 0], splat: 0 };

/** Axes of a linear result, innermost first. */
function linearAxes(dims: readonly number[], operands: readonly Operand[]): Axis[] {
  const strides = operands.map((operand) => broadcastStrides(operand.dims, dims));
  return dims
    .map((size, axis) => ({ size, strides: strides.map((own) => own[axis] as number) }))
    .reverse();
}

/** Axes of a C4 result in vec4s, innermost first: width, height, channel block, image. */
function c4Axes(dims: readonly number[], operands: readonly Operand[]): Axis[] {
  const [batch = 1, channels = 1, height = 1, width = 1] = dims;
  const strides = operands.map((operand) => c4Strides(operand, channels));
  return [width, height, channelBlocks(channels), batch].map((size, axis) => ({
    size,
    strides: strides.map((own) => own[axis] as number),
  }));
}

/** Strides in elements along width, height, channel block and image; 0 where broadcast. */
function c4Strides({ dims, layout }: Operand, resultChannels: number): number[] {
  const [batch, channels, height, width] = padDims(dims) as [number, number, number, number];
  // One element in each pixel and block: four lanes in C4, one in linear layout. A linear
  // [1, C, 1, 1] has the bytes of its C4 form.
  const lanes = layout === 'c4' || channels !== 1 ? 4 : 1;
  const blocks = lanes === 4 ? channelBlocks(channels) : 1;
  return [
    width === 1 ? 0 : lanes,
    height === 1 ? 0 : lanes * width,
    channels === 1 && resultChannels !== 1 ? 0 : lanes * width * height,
    batch === 1 ? 0 : lanes * width * height * blocks,
  ];
}

/** An operand of one channel gives its value to all channels. */
function isSplat({ dims, layout }: Operand, result: Operand): boolean {
  return padDims(dims)[1] === 1 && (result.dims[1] !== 1 || layout === 'linear');
}

/** Drops axes of size 1 and joins neighbours that every operand walks as one. */
function merge(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const { size, strides } of axes) {
    if (size === 1) continue;
    const last = merged.at(-1);
    if (last?.strides.every((stride, index) => stride * last.size === strides[index])) {
      last.size *= size;
    } else {
      merged.push({ size, strides: [...strides] });
    }
  }
  return merged.length > 0 ? merged : [{ size: 1, strides: axes[0]?.strides.map(() => 0) ?? [] }];
}
