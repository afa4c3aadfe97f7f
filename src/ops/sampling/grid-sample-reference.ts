/**
 * The oracle of GridSample. The bound: a position is known to about 1.5 · L · 2⁻²⁴ pixels of an
 * axis of L pixels (as coarse as the grid's own float32 values), and the result changes by at most
 * so much for each pixel as neighbours differ; weights and sums are rounded.
 */

import { WgconvError } from '../../core/errors.ts';
import { allocateLike, numbersOf, type ReferenceTensor } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import { type GridSampleAttributes, gridScale } from './grid.ts';
import {
  type AxisTaps,
  axisTaps,
  greatestFinite,
  interpolate,
  type Plane,
  type Position,
  positionOf,
  sampleSlack,
} from './interpolate.ts';

export const gridSampleReference: Reference<GridSampleAttributes> = (
  [x, grid],
  { taps, padding, alignCorners },
  { outputs: [y] },
) => {
  if (!x || !grid || !y) throw new WgconvError('missing-input', 'GridSample needs X and grid');
  const [images = 1, channels = 1, ...size] = x.dims;
  const axes = size.length;
  const outPixels = sizeOf(y.dims.slice(2));
  const planes = Array.from({ length: images * channels }, (_, index): Plane & Facts => {
    const base = index * sizeOf(size);
    return { base, size, ...factsOf(x, base, base + sizeOf(size)) };
  });
  const places = numbersOf(grid);
  const value = allocateLike(x.value, sizeOf(y.dims));
  const slack = new Float64Array(value.length);
  const ambiguous = new Uint8Array(value.length);
  for (let image = 0; image < images; image++) {
    for (let out = 0; out < outPixels; out++) {
      // The grid names x first, the input has it last.
      const positions = size.map((length, axis) => {
        const normalised = places[(image * outPixels + out) * axes + axes - 1 - axis] as number;
        return positionOf(normalised, gridScale(length, alignCorners), (length - 1) / 2);
      });
      const tapsAt = (shift: number) =>
        positions.map(({ at, error }, axis) =>
          axisTaps(at + shift * error, size[axis] as number, padding, taps),
        );
      const own = tapsAt(0);
      const isUncertain = taps === 1 && isOnBoundary(positions, tapsAt(-1), tapsAt(1));
      for (let channel = 0; channel < channels; channel++) {
        const plane = planes[image * channels + channel] as Plane & Facts;
        const to = (image * channels + channel) * outPixels + out;
        if (taps === 1) {
          const pixels = own.map(({ at }) => at[0] as number);
          const address = pixels.reduce((sum, at, axis) => sum * (size[axis] as number) + at, 0);
          if (pixels.every((at) => at >= 0)) {
            value[to] = x.value[plane.base + address] as number & bigint;
          }
          ambiguous[to] = isUncertain ? 1 : 0;
          continue;
        }
        const read = (axesTaps: readonly AxisTaps[]) => interpolate(numbersOf(x), plane, axesTaps);
        const { value: result, magnitude } = read(own);
        value[to] = result;
        slack[to] = sampleSlack(taps, positions, plane.greatest, magnitude);
        // Beside what is not finite, a rounding decides between a number and none.
        if (
          !plane.isFinite &&
          [-1, 1].some((shift) => kindOf(read(tapsAt(shift)).value) !== kindOf(result))
        ) {
          ambiguous[to] = 1;
        }
      }
    }
  }
  return [{ value, slack, ambiguous }];
};

interface Facts {
  readonly greatest: number;
  readonly isFinite: boolean;
}

function factsOf(x: ReferenceTensor, from: number, to: number): Facts {
  if (!(x.value instanceof Float64Array)) return { greatest: 0, isFinite: true };
  const values = x.value.subarray(from, to);
  return { greatest: greatestFinite(values), isFinite: values.every(Number.isFinite) };
}

/** The nearest pixel is another one within the position's error; or the error is pixels wide. */
function isOnBoundary(
  positions: readonly Position[],
  before: readonly AxisTaps[],
  after: readonly AxisTaps[],
): boolean {
  return positions.some(
    ({ error }, axis) => error >= 0.5 || before[axis]?.at[0] !== after[axis]?.at[0],
  );
}

const kindOf = (x: number) => (Number.isFinite(x) ? 'finite' : String(x));
