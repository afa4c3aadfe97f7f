/**
 * Reading an image between its pixels, as float64 oracles do it: taps and weights of one axis, and
 * how exactly a float32 position is known. The same words as in `shaders/lib/sample.ts`.
 */

import type { paddings, TapCount } from '../../../shaders/lib/sample.ts';
import { roundToEven } from '../../core/dtype.ts';

export type Padding = keyof typeof paddings;

/** Half a unit in the last place of a float32 is at most this share of its value. */
export const roundoff = 2 ** -24;

/** A position in pixels, and how far float32 arithmetic may be from it. */
export interface Position {
  readonly at: number;
  readonly error: number;
}

/** scale · x + offset as float32 has it: a product and a sum, each rounded once. */
export function positionOf(x: number, scale: number, offset: number): Position {
  const at = x * scale + offset;
  const isExact = Math.fround(Math.fround(x * scale) + offset) === at;
  // What is exact stays exact, fused or not.
  return { at, error: isExact ? 0 : roundoff * (Math.abs(x * scale) + Math.abs(at)) * 1.001 };
}

/** The pixel that stands for pixel `at` of an axis; −1 where that is nothing but zero. */
export function tapAt(at: number, size: number, padding: Padding): number {
  if (at >= 0 && at < size) return at;
  const wrap = (period: number) => ((at % period) + period) % period;
  switch (padding) {
    case 'zeros':
      return -1;
    case 'border':
      return Math.max(0, Math.min(at, size - 1));
    case 'centres': {
      const wrapped = wrap(Math.max(2 * (size - 1), 1));
      return Math.min(wrapped, Math.max(2 * (size - 1), 1) - wrapped);
    }
    case 'edges':
      return Math.min(wrap(2 * size), 2 * size - 1 - wrap(2 * size));
  }
}

export interface AxisTaps {
  /** Pixels, −1 for zero. */
  readonly at: readonly number[];
  readonly weight: readonly number[];
}

/** NaN reads the pixels of −∞, with weights that are NaN where there is anything to weigh. */
export function axisTaps(
  position: number,
  size: number,
  padding: Padding,
  taps: TapCount,
): AxisTaps {
  const bounded = Number.isNaN(position) ? -1e9 : Math.max(-1e9, Math.min(position, 1e9));
  const low = Math.floor(bounded);
  const first = taps === 1 ? roundToEven(bounded) : taps === 2 ? low : low - 1;
  const t = Number.isNaN(position) ? position : bounded - low;
  const weights = { 1: [1], 2: [1 - t, t], 4: cubicWeights(t) };
  return {
    at: Array.from({ length: taps }, (_, tap) => tapAt(first + tap, size, padding)),
    weight: weights[taps],
  };
}

/** Keys's cubic convolution with a = −0.75, at distances 1 + t, t, 1 − t and 2 − t. */
function cubicWeights(t: number): number[] {
  const a = -0.75;
  const near = (d: number) => (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  const far = (d: number) => a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/** Where a plane begins, and its pixels along each axis, outermost first. */
export interface Plane {
  readonly base: number;
  readonly size: readonly number[];
}

/** Σ weights · pixels and Σ |weights · pixels|, over all combinations of the axes' taps. */
export function interpolate(
  x: Float64Array,
  { base, size }: Plane,
  axes: readonly AxisTaps[],
  round: (value: number) => number = (value) => value,
): { value: number; magnitude: number } {
  const over = (axis: number, address: number): { value: number; magnitude: number } => {
    const taps = axes[axis];
    // Outside, there is zero on all further axes.
    if (!taps)
      return {
        value: x[base + address] as number,
        magnitude: Math.abs(x[base + address] as number),
      };
    let value = 0;
    let magnitude = 0;
    taps.at.forEach((at, tap) => {
      const weight = taps.weight[tap] as number;
      const inner =
        at < 0 ? { value: 0, magnitude: 0 } : over(axis + 1, address * (size[axis] as number) + at);
      value = round(value + round(round(weight) * inner.value));
      magnitude += Math.abs(weight) * inner.magnitude;
    });
    return { value, magnitude };
  };
  return over(0, 0);
}

export function greatestFinite(values: Float64Array): number {
  return values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
}

/**
 * How far float32 may be from a sample of pixels up to `greatest`. Along one axis the weights
 * change by 2 in all for each pixel where they are linear, by 3 where they are cubic; their
 * absolutes add up to 1 and 1.375, and their roundings to 1 and 7 of 2⁻²⁴.
 */
export function sampleSlack(
  taps: 2 | 4,
  positions: readonly Position[],
  greatest: number,
  magnitude: number,
): number {
  const axes = positions.length;
  const off = positions.reduce((sum, { error }) => sum + error, 0);
  const [slope, total, rounding] = taps === 2 ? [2, 1, 1] : [3, 1.375, 7];
  const others = total ** (axes - 1);
  // However far off the position is, two samples differ by no more than both can be.
  const moved = Math.min(off * slope * others, 2 * total ** axes);
  const weights = rounding * axes * others * roundoff;
  // Along each axis a product and taps − 1 sums.
  return (moved + weights) * greatest + axes * taps * roundoff * magnitude;
}
