/** Resize on a device: the last two axes in one dispatch where only they change, else axis by axis. */

import {
  type BufferRole,
  type Dispatch,
  dispatch,
  input,
  output,
  packed,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { resize } from '../../../shaders/resize.ts';
import { sizeOf } from '../../core/shape.ts';
import { hostTensor } from '../../core/tensor.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Candidate, DeviceTensor, LoweringIO, Packing } from '../operator.ts';
import type { ResizeAttributes } from './attributes.ts';
import { type AxisResize, isIdentity, resizedAxes, type Taps, tapsOf } from './axes.ts';

interface Changed {
  readonly at: number;
  readonly axis: AxisResize;
  readonly taps: Taps;
}

/** One dispatch: rows, or rows and columns, of a view [planes, height, width]. */
interface Pass {
  readonly rows: Changed;
  readonly columns: Changed | undefined;
}

/** Axes whose positions change, in order. */
export function changedAxes(axes: readonly AxisResize[], attributes: ResizeAttributes): Changed[] {
  return axes
    .map((axis, at) => ({ at, axis, taps: tapsOf(axis, attributes) }))
    .filter(({ axis, taps }) => !isIdentity(axis, taps));
}

/** Two neighbouring last axes in one pass, any other by itself. */
function passesOf(changed: readonly Changed[], rank: number): Pass[] {
  const passes: Pass[] = [];
  for (let index = 0; index < changed.length; index++) {
    const rows = changed[index] as Changed;
    const next = changed[index + 1];
    const pair = next && rows.at === rank - 2 && next.at === rank - 1;
    passes.push({ rows, columns: pair ? next : undefined });
    if (pair) index++;
  }
  return passes;
}

/** Indices and weights of the passes' taps; the same problem gives the same table. */
function tableOf({ rows, columns }: Pass, key: string): Packing {
  const all = [rows, ...(columns ? [columns] : [])];
  const entries = all.reduce((sum, { taps }) => sum + taps.index.length, 0);
  const words = new Uint32Array(entries * 2);
  const floats = new Float32Array(words.buffer);
  let at = 0;
  for (const { taps } of all) {
    for (let tap = 0; tap < taps.index.length; tap++, at += 2) {
      words[at] = taps.index[tap] as number;
      floats[at + 1] = taps.weight[tap] as number;
    }
  }
  return {
    made: hostTensor('uint32', [words.length], words),
    key,
    bytes: words.byteLength,
    dispatches: [],
  };
}

export function lowerResize(io: LoweringIO, attributes: ResizeAttributes): readonly Candidate[] {
  const [x] = io.inputs;
  const [y] = io.outputs;
  const axes = x && resizedAxes(x.dims, attributes, io.constant);
  if (!x || !y || !axes || x.layout !== y.layout) return [];
  const changed = changedAxes(axes, attributes);
  // Nothing changes: one pass that copies.
  const [
    first = { at: 0, axis: axes[0] as AxisResize, taps: tapsOf(axes[0] as AxisResize, attributes) },
  ] = changed;
  const passes = passesOf(changed.length > 0 ? changed : [first], x.dims.length);
  const c4 = x.layout === 'c4';
  const lanes = c4 ? 4 : 1;
  /** Dims of the view: C4 has blocks for channels. */
  const dims = c4 ? x.dims.with(1, channelBlocks(x.dims[1] as number)) : [...x.dims];
  const dispatches: Dispatch[] = [];
  const packings: Packing[] = [];
  const scratchBytes: number[] = [];
  let source: BufferRole = input(0);
  for (const [index, pass] of passes.entries()) {
    const { rows, columns } = pass;
    const planes = sizeOf(dims.slice(0, rows.at));
    const inWidth = columns ? columns.axis.input : sizeOf(dims.slice(rows.at + 1));
    const outWidth = columns ? columns.axis.output : inWidth;
    dims[rows.at] = rows.axis.output;
    if (columns) dims[columns.at] = columns.axis.output;
    const count = planes * rows.axis.output * outWidth;
    const last = index === passes.length - 1;
    const result = last ? output(0) : scratch(scratchBytes.length);
    if (!last) scratchBytes.push(count * lanes * elementBytes(x.element));
    packings.push(tableOf(pass, tableKey(pass, attributes)));
    const tapCounts = [rows.taps.count, columns?.taps.count ?? rows.taps.count];
    const [taps] = tapCounts;
    dispatches.push(
      dispatch(
        resize,
        {
          element: elementOf(x, taps === 1),
          lanes,
          columns: columns !== undefined,
          taps: tapCounts.every((count) => count === taps) && (taps === 1 || taps === 2) ? taps : 0,
        },
        {
          count,
          ...{ inHeight: rows.axis.input, outHeight: rows.axis.output, inWidth, outWidth },
          ...{ tapsY: rows.taps.count, tapsX: columns?.taps.count ?? 0 },
          ...{ tableX: rows.taps.index.length, extrapolation: attributes.extrapolation },
        },
        [source, packed(index), result],
        lineWorkgroups(count),
      ),
    );
    source = result;
  }
  const taps = passes.reduce(
    (sum, { rows, columns }) => sum + rows.taps.count * (columns?.taps.count ?? 1),
    0,
  );
  const bytes = (sizeOf(x.dims) + sizeOf(y.dims)) * elementBytes(x.element);
  return [
    {
      algorithm: 'resize',
      dispatches,
      scratch: scratchBytes,
      packings,
      cost: {
        macs: sizeOf(y.dims) * taps,
        bytes: bytes + 2 * scratchBytes.reduce((sum, part) => sum + part, 0),
        invocations: sizeOf(y.dims) / lanes,
        efficiency: 0.1,
        barriers: false,
      },
    },
  ];
}

/** With one tap elements move as words of four bytes or two. */
function elementOf(x: DeviceTensor, copies: boolean): 'f32' | 'f16' | 'u32' {
  if (x.element === 'f16') return 'f16';
  return copies ? 'u32' : 'f32';
}

function tableKey({ rows, columns }: Pass, attributes: ResizeAttributes): string {
  const { mode, transform, nearest, antialias, cubicA, excludeOutside } = attributes;
  const meaning = [mode, transform, nearest, antialias, cubicA, excludeOutside];
  return `resize ${JSON.stringify([rows.axis, columns?.axis, ...meaning])}`;
}
