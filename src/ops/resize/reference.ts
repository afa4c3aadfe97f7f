/**
 * Resize in float64: along one axis after the other, every output position is the weighted sum of
 * the input positions that it reads. (Interpolation over several axes is separable by definition.)
 */

import { WgconvError } from '../../core/errors.ts';
import { allocateLike, fromReference, type ReferenceArray } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import type { ResizeAttributes } from './attributes.ts';
import { isIdentity, resizedAxes, type Taps, tapsOf } from './axes.ts';

/** Sizes of a view [outer, axis, inner]. */
interface View {
  readonly outer: number;
  readonly input: number;
  readonly output: number;
  readonly inner: number;
}

function alongAxis(
  source: Float64Array,
  { outer, input, output, inner }: View,
  { count, index, weight }: Taps,
  extrapolation: number,
  absolute: boolean,
  round: (value: number) => number,
): Float64Array {
  const result = new Float64Array(outer * output * inner);
  for (let o = 0; o < outer; o++) {
    for (let y = 0; y < output; y++) {
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (let tap = y * count; tap < (y + 1) * count; tap++) {
          const at = index[tap] as number;
          const w = weight[tap] as number;
          const value = source[(o * input + at) * inner + i] as number;
          sum = round(sum + round((absolute ? Math.abs(w) : w) * value));
        }
        const outside = index[y * count] === -1;
        const fill = absolute ? Math.abs(extrapolation) : extrapolation;
        result[(o * output + y) * inner + i] = outside ? fill : sum;
      }
    }
  }
  return result;
}

/** Nearest: elements move as they are, int64 too. */
function move(source: ReferenceArray, view: View, { index }: Taps, fill: number): ReferenceArray {
  const { outer, input, output, inner } = view;
  const result = allocateLike(source, outer * output * inner);
  for (let at = 0; at < result.length; at++) {
    const from = index[Math.floor(at / inner) % output] as number;
    const o = Math.floor(at / (inner * output));
    const value = source[(o * input + from) * inner + (at % inner)];
    result[at] = (from < 0 ? fill : value) as number & bigint;
  }
  return result;
}

export const resizeReference: Reference<ResizeAttributes> = (inputs, attributes, { single }) => {
  const [x] = inputs;
  if (!x) throw new WgconvError('missing-input', 'Resize needs X');
  const known = (index: number) => {
    const tensor = inputs[index];
    return tensor && fromReference(tensor);
  };
  const axes = resizedAxes(x.dims, attributes, known);
  if (!axes) throw new WgconvError('missing-input', 'Resize needs scales or sizes');
  const { extrapolation, mode } = attributes;
  const round = single ? Math.fround : (value: number) => value;
  const dims = [...x.dims];
  let { value, terms } = x;
  let magnitude =
    mode === 'nearest' || !(value instanceof Float64Array)
      ? x.magnitude
      : (x.magnitude ?? value.map(Math.abs));
  let slack = x.slack;
  axes.forEach((axis, at) => {
    const taps = tapsOf(axis, attributes);
    if (isIdentity(axis, taps)) return;
    const view = {
      outer: sizeOf(dims.slice(0, at)),
      input: axis.input,
      output: axis.output,
      inner: sizeOf(dims.slice(at + 1)),
    };
    dims[at] = axis.output;
    const bound = (values: Float64Array, fill: number) =>
      alongAxis(values, view, taps, fill, true, (sum) => sum);
    if (mode === 'nearest') value = move(value, view, taps, extrapolation);
    else value = alongAxis(value as Float64Array, view, taps, extrapolation, false, round);
    magnitude = magnitude && bound(magnitude, extrapolation);
    slack = slack && bound(slack, 0);
    if (mode !== 'nearest') terms = (terms ?? 0) + taps.count;
  });
  return [{ value, magnitude, terms, slack }];
};
