/** The oracles of RoiAlign and MaxRoiPool. */

import { WgconvError } from '../../core/errors.ts';
import { numbersOf, type ReferenceTensor } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import {
  axisTaps,
  greatestFinite,
  interpolate,
  type Position,
  roundoff,
  sampleSlack,
} from '../sampling/interpolate.ts';
import { checkImage, type MaxRoiPoolAttributes, type RoiAlignAttributes } from './attributes.ts';

/** The address of the first pixel of a region's image. */
function imageBase(image: number, { dims }: ReferenceTensor): number {
  checkImage(image, dims[0] as number);
  return image * sizeOf(dims.slice(1));
}

/** All samples of a bin are kept at once; a region of no sense may ask for billions of them. */
const mostSamples = 2 ** 20;

/** Where the samples of all bins along one axis lie. */
interface AxisSamples {
  readonly start: number;
  readonly length: number;
  /** Samples of one bin. */
  readonly count: number;
  /** How far float32 may be from a position. */
  readonly error: number;
  /** The extent in bins is too near an integer to say how many samples there are. */
  readonly isUncertain: boolean;
}

function samplesOf(
  from: number,
  to: number,
  bins: number,
  { scale, shift, samples }: RoiAlignAttributes,
): AxisSamples {
  const start = from * scale - shift;
  const end = to * scale - shift;
  const extent = shift === 0 ? Math.max(end - start, 1) : end - start;
  const length = extent / bins;
  const single = (x: number) => Math.fround(Math.fround(x * scale) - shift);
  const isExact = Math.fround(single(to) - single(from)) === end - start;
  const off = isExact ? 0 : 2 * roundoff * (Math.abs(start) + Math.abs(end) + 2 * shift);
  return {
    ...{ start, length },
    count: samples > 0 ? samples : Math.ceil(length),
    // Corners, a quotient within 2.5 ulp, two products and two sums.
    error: 3 * roundoff * (Math.abs(start) + Math.abs(end) + 2 * shift + 4 * Math.abs(extent)),
    isUncertain:
      samples === 0 && Math.ceil((extent - off) / bins) !== Math.ceil((extent + off) / bins),
  };
}

export const roiAlignReference: Reference<RoiAlignAttributes> = (
  [x, rois, images],
  attributes,
  { outputs: [y] },
) => {
  if (!x || !rois || !images || !y) {
    throw new WgconvError('missing-input', 'RoiAlign needs X, rois and batch_indices');
  }
  const [, channels = 1, height = 1, width = 1] = x.dims;
  const [rows, columns] = attributes.bins;
  const pixels = numbersOf(x);
  const corners = numbersOf(rois);
  const value = new Float64Array(sizeOf(y.dims));
  const slack = new Float64Array(value.length);
  const ambiguous = new Uint8Array(value.length);
  let index = 0;
  for (let region = 0; region < (rois.dims[0] as number); region++) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners.subarray(region * 4, region * 4 + 4);
    const alongY = samplesOf(y1, y2, rows, attributes);
    const alongX = samplesOf(x1, x2, columns, attributes);
    if (alongY.count * alongX.count > mostSamples) {
      throw new WgconvError(
        'limit-exceeded',
        `region ${region} takes ${alongY.count} × ${alongX.count} samples a bin; the cpu backend takes ${mostSamples} at most: set sampling_ratio, or keep regions near their image`,
      );
    }
    const image = imageBase(Number(images.value[region]), x);
    for (let channel = 0; channel < channels; channel++) {
      const base = image + channel * height * width;
      const greatest = greatestFinite(pixels.subarray(base, base + height * width));
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++, index++) {
          const all: Sample[] = [];
          for (let i = 0; i < alongY.count; i++) {
            const at = alongY.start + (row + (i + 0.5) / alongY.count) * alongY.length;
            for (let j = 0; j < alongX.count; j++) {
              const across = alongX.start + (column + (j + 0.5) / alongX.count) * alongX.length;
              all.push(
                sampleAt(
                  pixels,
                  { base, size: [height, width], greatest },
                  { at, error: alongY.error + 2 * roundoff * Math.abs(at) },
                  { at: across, error: alongX.error + 2 * roundoff * Math.abs(across) },
                ),
              );
            }
          }
          const pooled = attributes.pooling === 'average' ? average(all) : most(all);
          value[index] = pooled.value;
          slack[index] = pooled.slack;
          const isUncertain = alongY.isUncertain || alongX.isUncertain;
          ambiguous[index] = isUncertain || all.some((sample) => sample.isOnBoundary) ? 1 : 0;
        }
      }
    }
  }
  return [{ value, slack, ambiguous }];
};

interface Sample {
  readonly value: number;
  /** The greatest of its four pixels, each by its weight. */
  readonly greatest: number;
  readonly magnitude: number;
  readonly slack: number;
  /** Whether it lies in the image hangs on a rounding. */
  readonly isOnBoundary: boolean;
}

interface Image {
  readonly base: number;
  readonly size: readonly [number, number];
  readonly greatest: number;
}

/** Up to a pixel before the first centre and after the last the border goes on, then there is zero. */
function sampleAt(pixels: Float64Array, image: Image, y: Position, x: Position): Sample {
  const { size, greatest } = image;
  const positions = [y, x];
  const isOnBoundary = positions.some(
    ({ at, error }, axis) =>
      Math.abs(at + 1) <= error || Math.abs(at - (size[axis] as number)) <= error,
  );
  const isOutside = positions.some(({ at }, axis) => at < -1 || at > (size[axis] as number));
  if (isOutside) return { value: 0, greatest: 0, magnitude: 0, slack: 0, isOnBoundary };
  const taps = positions.map(({ at }, axis) => {
    const last = (size[axis] as number) - 1;
    return axisTaps(Math.max(0, Math.min(at, last)), last + 1, 'border', 2);
  });
  const { value, magnitude } = interpolate(pixels, image, taps);
  const [rows, columns] = taps;
  const weighed = (rows?.at ?? []).flatMap((row, i) =>
    (columns?.at ?? []).map((column, j) => {
      const weight = (rows?.weight[i] as number) * (columns?.weight[j] as number);
      return weight * (pixels[image.base + row * size[1] + column] as number);
    }),
  );
  const slack = sampleSlack(2, positions, greatest, magnitude);
  return { value, greatest: Math.max(...weighed), magnitude, slack, isOnBoundary };
}

/** A bin without samples is zero. */
function average(all: readonly Sample[]): { value: number; slack: number } {
  const count = Math.max(all.length, 1);
  const sum = (field: 'value' | 'magnitude' | 'slack') =>
    all.reduce((total, sample) => total + sample[field], 0) / count;
  return {
    value: sum('value'),
    slack: sum('slack') + (all.length + 5) * roundoff * sum('magnitude'),
  };
}

function most(all: readonly Sample[]): { value: number; slack: number } {
  return {
    value: all.length === 0 ? 0 : Math.max(...all.map(({ greatest }) => greatest)),
    slack: Math.max(0, ...all.map(({ slack }) => slack)),
  };
}

/** Corners further away lie here: no image reaches as far, and int32 and float32 hold what follows. */
const farthest = 2 ** 24;

/** Rounds halves away from zero. */
const roundAway = (x: number) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

export const maxRoiPoolReference: Reference<MaxRoiPoolAttributes> = (
  [x, rois],
  { bins, scale },
  { outputs: [y] },
) => {
  if (!x || !rois || !y) throw new WgconvError('missing-input', 'MaxRoiPool needs X and rois');
  const [, channels = 1, height = 1, width = 1] = x.dims;
  const pixels = numbersOf(x);
  const corners = numbersOf(rois);
  const value = new Float64Array(sizeOf(y.dims));
  const ambiguous = new Uint8Array(value.length);
  let index = 0;
  for (let region = 0; region < (rois.dims[0] as number); region++) {
    const [image = 0, ...given] = corners.subarray(region * 5, region * 5 + 5);
    const scaled = given.map((corner) => corner * scale);
    const [left = 0, top = 0, right = 0, bottom = 0] = scaled.map((corner) =>
      Math.max(-farthest, Math.min(roundAway(corner), farthest)),
    );
    const isUncertain = scaled.some((corner) => {
      if (!(Math.abs(corner) < farthest)) return false;
      const error = Math.fround(corner) === corner ? 0 : roundoff * Math.abs(corner);
      return roundAway(corner - error) !== roundAway(corner + error);
    });
    const base = imageBase(Math.trunc(image), x);
    for (let channel = 0; channel < channels; channel++) {
      for (let row = 0; row < bins[0]; row++) {
        const [y1, y2] = pixelsOf(top, bottom, row, bins[0], height);
        for (let column = 0; column < bins[1]; column++, index++) {
          const [x1, x2] = pixelsOf(left, right, column, bins[1], width);
          let most = Number.NEGATIVE_INFINITY;
          for (let at = y1; at < y2; at++) {
            for (let across = x1; across < x2; across++) {
              const own = pixels[base + (channel * height + at) * width + across] as number;
              most = Math.max(most, own);
            }
          }
          value[index] = y2 > y1 && x2 > x1 ? most : 0;
          ambiguous[index] = isUncertain ? 1 : 0;
        }
      }
    }
  }
  return [{ value, ambiguous }];
};

/** First and end of the pixels of a bin: NaN, and thus none, where a corner is NaN. */
function pixelsOf(first: number, last: number, bin: number, bins: number, size: number) {
  const extent = Math.max(last - first + 1, 1);
  const inside = (at: number) => Math.max(0, Math.min(at, size));
  return [
    inside(first + Math.floor((bin * extent) / bins)),
    inside(first + Math.ceil(((bin + 1) * extent) / bins)),
  ] as const;
}
