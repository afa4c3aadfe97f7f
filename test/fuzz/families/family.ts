/** What a generator of random nodes is, and the choices that many of them share. */

import type { DataType } from '../../../src/core/dtype.ts';
import type { Draft, Fill, Value } from '../draft.ts';
import type { Tape } from '../tape.ts';

/** One generator for each family: it adds a node of one of its operators to the graph. */
export interface Family {
  readonly operators: readonly string[];
  /** First opset that the generator knows of an operator, where that is not the usual one. */
  readonly since?: Readonly<Record<string, number>>;
  /** Last opset of an operator. */
  readonly until?: Readonly<Record<string, number>>;
  add(op: string, draft: Draft, tape: Tape): void;
}

/** The least opset of what has no `since`. Graphs of opset 9 have operators that are gone since. */
export const usualOpset = 13;

export function extent(tape: Tape): number {
  // 0 is legal, and a size beyond what one workgroup does, too.
  return tape.rarely(60) ? 0 : tape.rarely(16) ? tape.int(16, 40) : tape.int(1, 9);
}

export function extents(tape: Tape, rank: number): number[] {
  return Array.from({ length: rank }, () => extent(tape));
}

/** Mostly float32: few operators of onnxruntime take float16, but wgconv's backends must agree. */
export function floatType(tape: Tape): DataType {
  return tape.rarely(7) ? 'float16' : 'float32';
}

/** Any tensor of the type. */
export function anyTensor(
  draft: Draft,
  tape: Tape,
  { type = 'float32' as DataType, leastRank = 0, mostRank = 5, fill = 'unit' as Fill } = {},
): Value {
  return draft.pick(
    tape,
    (value) =>
      value.type === type && value.dims.length >= leastRank && value.dims.length <= mostRank,
    () => {
      const usual = Math.max(leastRank, Math.min(mostRank, tape.choose([4, 3, 2, 1, 5, 0])));
      return draft.input(type, extents(tape, usual), fill);
    },
  );
}

/** A tensor [N, C, …] with so many spatial axes. */
export function image(
  draft: Draft,
  tape: Tape,
  spatial: number,
  fill: Fill = 'unit',
  wanted: DataType = 'float32',
): Value {
  return draft.pick(
    tape,
    ({ type, dims }) => type === wanted && dims.length === spatial + 2 && (dims[1] as number) > 0,
    () => {
      const large = spatial === 3 ? 6 : 13;
      const size = () => tape.int(1, large);
      const batch = tape.rarely(60) ? 0 : tape.choose([1, 1, 2, 3]);
      return draft.input(
        wanted,
        [batch, tape.int(1, 9), ...Array.from({ length: spatial }, size)],
        fill,
      );
    },
  );
}

/** Dims that broadcast with the given ones: some are 1, leading ones may be missing. */
export function broadcastable(tape: Tape, dims: readonly number[]): number[] {
  const kept = dims.map((dim) => (tape.rarely(3) ? 1 : dim));
  return tape.rarely(3) ? kept.slice(tape.int(0, kept.length)) : kept;
}

export function axisOf(tape: Tape, rank: number): number {
  const axis = tape.int(0, rank - 1);
  return tape.rarely(3) ? axis - rank : axis;
}

/** Attributes of a sliding window over the spatial axes. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly autoPad: string | undefined;
}

/** A window that fits: it is no larger than the padded input, and pads are smaller than it. */
export function window(tape: Tape, spatial: readonly number[], mostKernel = 5): Window {
  const kernel: number[] = [];
  const strides: number[] = [];
  const dilations: number[] = [];
  const begins: number[] = [];
  const ends: number[] = [];
  const autoPad = tape.choose([
    undefined,
    undefined,
    undefined,
    'SAME_UPPER',
    'SAME_LOWER',
    'VALID',
  ]);
  const alike = tape.int(0, 1) === 0;
  spatial.forEach((size, axis) => {
    const again = alike && axis > 0;
    const begin = again ? (begins[0] as number) : tape.int(0, 2);
    const end = again ? (ends[0] as number) : alike ? begin : tape.int(0, 2);
    const room = size + (autoPad === undefined ? begin + end : 0);
    const most = Math.max(1, Math.min(mostKernel, autoPad === undefined ? room : size));
    const width = Math.min(again ? (kernel[0] as number) : tape.int(1, most), most);
    const dilation = again ? (dilations[0] as number) : tape.choose([1, 1, 2, 3]);
    const before = Math.min(begin, width - 1);
    const behind = Math.min(end, width - 1);
    const padded = size + (autoPad === undefined ? before + behind : 0);
    const fitting = padded >= width ? width : 1;
    kernel.push(fitting);
    dilations.push(padded >= (fitting - 1) * dilation + 1 ? dilation : 1);
    strides.push(again ? (strides[0] as number) : tape.choose([1, 2, 1, 3]));
    begins.push(fitting === width ? before : 0);
    ends.push(fitting === width ? behind : 0);
  });
  return { kernel, strides, dilations, pads: [...begins, ...ends], autoPad };
}

export function divisors(value: number): number[] {
  return Array.from({ length: value }, (_, index) => index + 1).filter((n) => value % n === 0);
}
