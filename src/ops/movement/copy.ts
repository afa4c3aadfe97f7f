/** Lowering of data movement: boxes of strided copies, merged and widened, become dispatches. */

import { type BufferRole, type Dispatch, dispatch } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { lineWorkgroups, wordOf } from '../../../shaders/lib/words.ts';
import { maxCopyRank, runsPerInvocation, stridedCopy } from '../../../shaders/strided_copy.ts';
import { sizeOf, stridesOf } from '../../core/shape.ts';
import { elementBytes } from '../device-tensor.ts';
import type { DeviceTensor } from '../operator.ts';
import { halves, joinLoops } from './loops.ts';

/** One dimension of a box, with the strides of both sides in words. */
export interface CopyDim {
  readonly size: number;
  readonly source: number;
  readonly result: number;
}

/** Outermost dimension first. */
export interface CopyBox {
  readonly dims: readonly CopyDim[];
  readonly sourceBase: number;
  readonly resultBase: number;
  readonly wordBytes: number;
}

/** A tensor as a grid of words: its elements, or in C4 its blocks of four channels. */
export function wordGrid(tensor: DeviceTensor): {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly wordBytes: number;
} {
  const bytes = elementBytes(tensor.element);
  if (tensor.layout === 'linear') {
    return { dims: tensor.dims, strides: stridesOf(tensor.dims), wordBytes: bytes };
  }
  const [batch = 1, channels = 1, ...spatial] = tensor.dims;
  const dims = [batch, channelBlocks(channels), ...spatial];
  return { dims, strides: stridesOf(dims), wordBytes: bytes * 4 };
}

/** The same copy in words of up to 16 bytes, as far as runs and addresses allow. */
function widen(box: CopyBox): CopyBox {
  const inner = box.dims.at(-1);
  const outer = box.dims.slice(0, -1);
  const even = (value: number) => value % 2 === 0;
  if (
    box.wordBytes >= 16 ||
    inner?.source !== 1 ||
    inner.result !== 1 ||
    !even(inner.size) ||
    !even(box.sourceBase) ||
    !even(box.resultBase) ||
    !outer.every((dim) => even(dim.source) && even(dim.result))
  ) {
    return box;
  }
  return widen({
    dims: [
      ...outer.map((dim) => ({ ...dim, source: dim.source / 2, result: dim.result / 2 })),
      { ...inner, size: inner.size / 2 },
    ],
    sourceBase: box.sourceBase / 2,
    resultBase: box.resultBase / 2,
    wordBytes: box.wordBytes * 2,
  });
}

/** The dispatches that copy a box: one, unless it has more dimensions than the kernel. */
export function copyDispatches(box: CopyBox, from: BufferRole, to: BufferRole): Dispatch[] {
  const joined = joinLoops(box.dims, ['source', 'result']);
  const dims = joined.length > 0 ? joined : [{ size: 1, source: 1, result: 1 }];
  const wide = widen({ ...box, dims });
  const count = sizeOf(wide.dims.map((dim) => dim.size));
  if (count === 0) return [];
  const [first, ...rest] = wide.dims;
  if (first && wide.dims.length > maxCopyRank) {
    return Array.from({ length: first.size }, (_, index) => ({
      ...wide,
      dims: rest,
      sourceBase: wide.sourceBase + index * first.source,
      resultBase: wide.resultBase + index * first.result,
    })).flatMap((part) => copyDispatches(part, from, to));
  }
  const inner = [...wide.dims].reverse();
  const row = inner[0]?.size ?? 1;
  const rowInvocations = Math.ceil(row / runsPerInvocation);
  const invocations = (count / row) * rowInvocations;
  const along = (field: keyof CopyDim) => inner.map((dim) => dim[field]);
  return [
    dispatch(
      stridedCopy,
      { word: wordOf(wide.wordBytes), rank: inner.length },
      {
        ...halves('sizes', along('size'), 1),
        ...halves('sourceStrides', along('source')),
        ...halves('resultStrides', along('result')),
        count: invocations,
        rowInvocations,
        sourceBase: wide.sourceBase,
        resultBase: wide.resultBase,
      },
      [from, to],
      lineWorkgroups(invocations),
    ),
  ];
}

/** Copies a whole tensor to another of the same bytes. */
export function copyAll(tensor: DeviceTensor, from: BufferRole, to: BufferRole): Dispatch[] {
  const { dims, wordBytes } = wordGrid(tensor);
  const size = sizeOf(dims);
  return copyDispatches(
    { dims: [{ size, source: 1, result: 1 }], sourceBase: 0, resultBase: 0, wordBytes },
    from,
    to,
  );
}
