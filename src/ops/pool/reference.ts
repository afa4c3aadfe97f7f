/** The oracle of pooling. */

import type { Reduction } from '../../../shaders/lib/reduce.ts';
import { isFloat } from '../../core/dtype.ts';
import { referenceArray } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import { foldFloats, foldIntegers, gatherFold } from '../reduce/fold.ts';
import { reduceAxes } from '../reduce/reference.ts';
import { spatialAxes } from './norm.ts';
import { type PoolAttributes, type PoolGeometry, poolGeometry } from './window.ts';

/** A tap of a window: where in the plane it lies. */
interface Tap {
  readonly z: number;
  readonly y: number;
  readonly x: number;
}

/**
 * The first tap of an output at `place` along an axis that lies in [-before, size + after), and how
 * many do. Found without a walk through the window: a model may have one of a thousand million.
 */
function tapsInside(
  { input, kernel, strides, dilations, padBegin }: PoolGeometry,
  axis: 0 | 1 | 2,
  place: number,
  before = 0,
  after = 0,
): { readonly first: number; readonly count: number } {
  const start = place * strides[axis] - padBegin[axis];
  const step = dilations[axis];
  const least = Math.max(0, Math.ceil((-before - start) / step));
  const most = Math.min(kernel[axis] - 1, Math.floor((input[axis] + after - 1 - start) / step));
  return { first: start + least * step, count: Math.max(0, most - least + 1) };
}

/** The taps that lie in the input. */
function axisTaps(geometry: PoolGeometry, axis: 0 | 1 | 2, place: number): number[] {
  const { first, count } = tapsInside(geometry, axis, place);
  return Array.from({ length: count }, (_, tap) => first + tap * geometry.dilations[axis]);
}

export function poolReference(
  pooling: (attributes: PoolAttributes) => Reduction,
): Reference<PoolAttributes> {
  return ([x], attributes, context) => {
    const y = context.outputs[0];
    if (!x || !y) throw new TypeError('pooling takes X and gives Y');
    const geometry = poolGeometry(x.dims, y.dims, attributes);
    const operation = pooling(attributes);
    const [depth, height, width] = geometry.input;
    const { padBegin, padEnd, kernel } = geometry;
    const size = sizeOf(y.dims);
    const value = referenceArray(x.type, size);
    const magnitude = new Float64Array(size);
    const slack = new Float64Array(size);
    const places = context.outputs.length > 1 ? new BigInt64Array(size) : undefined;

    let index = 0;
    for (let plane = 0; plane < geometry.planes; plane++) {
      for (let oz = 0; oz < geometry.output[0]; oz++) {
        for (let oy = 0; oy < geometry.output[1]; oy++) {
          for (let ox = 0; ox < geometry.output[2]; ox++, index++) {
            const window: Tap[] = [];
            for (const z of axisTaps(geometry, 0, oz)) {
              for (const y of axisTaps(geometry, 1, oy)) {
                for (const x of axisTaps(geometry, 2, ox)) window.push({ z, y, x });
              }
            }
            const base = plane * depth * height * width;
            const at = window.map(({ z, y, x }) => base + (z * height + y) * width + x);
            if (places) {
              const first = firstGreatest(at.map((place) => Number(x.value[place])));
              const tap = window[first];
              const place = !tap
                ? -1
                : attributes.columnMajor
                  ? base + (tap.x * height + tap.y) * depth + tap.z
                  : (at[first] as number);
              places[index] = BigInt(place);
            }
            if (!isFloat(x.type)) {
              const values = at.map((place) => x.value[place] as number | bigint);
              value[index] = foldIntegers(operation, values, x.type);
              continue;
            }
            // An average divides by its taps in the input, or also by those in the padding.
            const counted = ([0, 1, 2] as const).map((axis) => {
              const place = [oz, oy, ox][axis] as number;
              const { countIncludePad } = attributes;
              const [before, after] = countIncludePad ? [padBegin[axis], padEnd[axis]] : [0, 0];
              return tapsInside(geometry, axis, place, before, after).count;
            });
            const average = operation === 'mean';
            const folded = foldFloats(
              average ? 'sum' : operation,
              gatherFold(x, at),
              context.single,
              attributes.p,
            );
            // A window without a tap averages to 0.
            const divisor = average ? Math.max(sizeOf(counted), 1) : 1;
            const quotient = folded.value / divisor;
            value[index] = context.single ? Math.fround(quotient) : quotient;
            magnitude[index] = folded.magnitude / divisor;
            slack[index] =
              (folded.slack + lpRounding(operation, at.length, folded.value)) / divisor;
          }
        }
      }
    }
    const result = isFloat(x.type)
      ? { value, magnitude, terms: sizeOf(kernel) + 3 + (x.terms ?? 0), slack }
      : { value };
    return places ? [result, { value: places }] : [result];
  };
}

/**
 * LpPool is judged by its slack alone: the sum of absolutes or squares is off by at most count
 * roundings, the root halves that and adds its own.
 */
function lpRounding(operation: Reduction, count: number, value: number): number {
  return operation === 'l1' || operation === 'l2' ? (count + 6) * 2 ** -24 * Math.abs(value) : 0;
}

/** Position of the first maximum; the first NaN counts as the greatest. -1 where there is none. */
function firstGreatest(values: readonly number[]): number {
  const nan = values.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  let best = -1;
  values.forEach((value, index) => {
    if (best < 0 || value > (values[best] as number)) best = index;
  });
  return best;
}

export function globalPoolReference(
  reduction: (p: number) => Reduction,
): Reference<{ readonly p: number }> {
  return ([x], { p }, context) => {
    if (!x) throw new TypeError('pooling takes X');
    const axes = spatialAxes(x.dims);
    const count = sizeOf(x.dims.slice(2));
    const operation = reduction(p);
    const result = reduceAxes(operation, x, axes, context, p);
    const slack = result.slack?.map(
      (bound, index) => bound + lpRounding(operation, count, Number(result.value[index])),
    );
    return [{ ...result, slack }];
  };
}
