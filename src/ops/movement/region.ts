/**
 * Lowering of a region of a tensor: what Slice and Split cut out and Concat puts in. In C4 a region
 * of channels moves whole blocks where it can, and lanes (`copy_channels`) where it must.
 */

import { copyChannels } from '../../../shaders/copy_channels.ts';
import { type BufferRole, type Dispatch, dispatch } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceTensor } from '../operator.ts';
import { type CopyDim, copyDispatches, wordGrid } from './copy.ts';

/** A run along one axis: `size` elements from `start` in steps of `step` (which may be negative). */
export interface Run {
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

export const fullRun = (size: number): Run => ({ start: 0, step: 1, size });

function isFull(run: Run | undefined, size: number | undefined): boolean {
  return run?.start === 0 && run.step === 1 && run.size === size;
}

/** Whether a region of a C4 tensor with these dims can be copied without leaving C4. */
export function regionFitsC4(dims: readonly number[], runs: readonly Run[]): boolean {
  const [images, channels] = runs;
  if (!images || !channels) return false;
  if (isFull(channels, dims[1]) || isBlocks(channels, dims[1] ?? 0)) return true;
  // Lanes move only where nothing else is cut.
  return channels.step === 1 && runs.every((run, axis) => axis === 1 || isFull(run, dims[axis]));
}

/** The run is whole blocks of a tensor with so many channels (the last block may be short). */
function isBlocks({ start, step, size }: Run, channels: number): boolean {
  return step === 1 && start % 4 === 0 && (size % 4 === 0 || start + size === channels);
}

/** Cuts the region `runs` out of `source` into the whole of `result`. */
export function cutDispatches(
  source: DeviceTensor,
  runs: readonly Run[],
  result: DeviceTensor,
  from: BufferRole,
  to: BufferRole,
): Dispatch[] {
  const channels = runs[1];
  const c4 = source.layout === 'c4' && channels;
  if (c4 && !isFull(channels, source.dims[1]) && !isBlocks(channels, source.dims[1] ?? 0)) {
    return channelDispatches(source, channels.start, result, 0, channels.size, from, to);
  }
  const grid = wordGrid(source);
  const target = wordGrid(result);
  let sourceBase = 0;
  const dims = target.dims.map((size, axis): CopyDim => {
    const { start, step } = runs[axis] ?? fullRun(size);
    const stride = grid.strides[axis] ?? 0;
    sourceBase += (c4 && axis === 1 ? start / 4 : start) * stride;
    return { size, source: step * stride, result: target.strides[axis] ?? 0 };
  });
  return copyDispatches({ dims, sourceBase, resultBase: 0, wordBytes: grid.wordBytes }, from, to);
}

/** Puts the whole of `source` into `result` from position `start` of `axis` on. */
export function placeDispatches(
  source: DeviceTensor,
  result: DeviceTensor,
  axis: number,
  start: number,
  from: BufferRole,
  to: BufferRole,
): Dispatch[] {
  const channels = source.dims[axis] ?? 0;
  const c4 = source.layout === 'c4' && axis === 1;
  if (c4 && !isBlocks({ start, step: 1, size: channels }, result.dims[1] ?? 0)) {
    return channelDispatches(source, 0, result, start, channels, from, to);
  }
  const grid = wordGrid(source);
  const target = wordGrid(result);
  return copyDispatches(
    {
      dims: grid.dims.map((size, index) => ({
        size,
        source: grid.strides[index] ?? 0,
        result: target.strides[index] ?? 0,
      })),
      sourceBase: 0,
      resultBase: (c4 ? start / 4 : start) * (target.strides[axis] ?? 0),
      wordBytes: grid.wordBytes,
    },
    from,
    to,
  );
}

/** `channels` channels of C4 `source` from `sourceStart` to `resultStart` of C4 `result`. */
function channelDispatches(
  source: DeviceTensor,
  sourceStart: number,
  result: DeviceTensor,
  resultStart: number,
  channels: number,
  from: BufferRole,
  to: BufferRole,
): Dispatch[] {
  const [batch = 1, sourceChannels = 1, ...spatial] = source.dims;
  const resultChannels = result.dims[1] ?? 0;
  const pixels = sizeOf(spatial);
  const firstBlock = Math.floor(resultStart / 4);
  const touchedBlocks = channelBlocks(resultStart + channels) - firstBlock;
  const count = batch * touchedBlocks * pixels;
  if (count === 0 || channels === 0) return [];
  return [
    dispatch(
      copyChannels,
      {
        word: source.element === 'f16' ? 'f16' : 'u32',
        shift: (((sourceStart - resultStart) % 4) + 4) % 4,
      },
      {
        count,
        pixels,
        touchedBlocks,
        firstBlock,
        sourceBlocks: channelBlocks(sourceChannels),
        resultBlocks: channelBlocks(resultChannels),
        sourceStart,
        resultStart,
        channels,
        resultChannels,
      },
      [from, to],
      lineWorkgroups(count),
    ),
  ];
}
