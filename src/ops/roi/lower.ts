/** Lowering of RoiAlign and MaxRoiPool: one dispatch, or several over rows where loops end early. */

import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { type RoiPooling, roiPool, rowTurns } from '../../../shaders/roi_pool.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { tensorBytes } from '../device-tensor.ts';
import { lineCandidate } from '../movement/candidate.ts';
import { turnRanges } from '../movement/loops.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import type { MaxRoiPoolAttributes, RoiAlignAttributes } from './attributes.ts';

interface Pooled {
  readonly pooling: RoiPooling;
  readonly samples: number;
  readonly shift: number;
  readonly scale: number;
  /** Samples of a bin that can lie in an image of that size. */
  most(size: number): number;
}

function lowerRois(
  { inputs, outputs: [y] }: LoweringIO,
  { limits }: DeviceCaps,
  { pooling, samples, shift, scale, most }: Pooled,
): Candidate[] {
  const [x, rois] = inputs;
  if (!x || !rois || !y) return [];
  const [images = 1, channels = 1, height = 1, width = 1] = x.dims;
  const [, , rows = 1, columns = 1] = y.dims;
  const half = x.element === 'f16';
  const count = sizeOf(y.dims);
  const [mostX, mostY] = [most(width), most(height)];
  const ranges = turnRanges(mostY, rowTurns(mostX), limits);
  // Sums must not be rounded to float16 on the way.
  if (half && pooling === 'average' && ranges.length > 1) return [];
  const dispatches = ranges.map(({ first, end, accumulate }) =>
    dispatch(
      roiPool,
      { pooling, element: half ? 'f16' : 'f32' },
      {
        size: [width, height, width * height, images],
        bins: [columns, rows, rows * columns, 0],
        ...{ count, channels, scale, shift, samples, mostX, mostY },
        ...{ firstRow: first, endRow: end, accumulate },
        lowest: 0xff800000,
      },
      [input(0), input(1), ...(pooling === 'pixels' ? [] : [input(2)]), output(0)],
      lineWorkgroups(count),
    ),
  );
  return [
    lineCandidate('roi_pool', dispatches, {
      macs: count * (samples > 0 ? samples ** 2 : 4) * 4,
      bytes: tensorBytes(x, rois, y),
      invocations: count,
      efficiency: 0.05,
    }),
  ];
}

export const lowerRoiAlign = (
  io: LoweringIO,
  { pooling, samples, shift, scale }: RoiAlignAttributes,
  caps: DeviceCaps,
): Candidate[] =>
  lowerRois(io, caps, {
    ...{ pooling, samples, shift, scale },
    // Samples that follow the region's size lie half a pixel apart or more, if there are several.
    most: (size) => (samples > 0 ? samples : 2 * size + 8),
  });

export const lowerMaxRoiPool = (
  io: LoweringIO,
  { scale }: MaxRoiPoolAttributes,
  caps: DeviceCaps,
): Candidate[] =>
  lowerRois(io, caps, { pooling: 'pixels', samples: 0, shift: 0, scale, most: (size) => size });
