/**
 * The oracle of DeformConv:
 * y[n, o, p] = B[o] + Σ over c, k of W[o, c, k] · mask[n, c's offset group, k, p] · x[n, c] read at
 * p · stride − pad + k · dilation + offset[n, c's offset group, k, :, p].
 *
 * A position of size L is known to L · 2⁻²⁴ pixels, and a sample changes by twice the greatest
 * pixel for each pixel at most: `slack` adds that up.
 */

import { WgconvError } from '../../core/errors.ts';
import { numbersOf } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import { axisTaps, greatestFinite, interpolate, positionOf } from '../sampling/interpolate.ts';
import type { Three } from '../window.ts';
import { type DeformConvAttributes, deformConvGeometry } from './geometry.ts';

/** Coordinates z, y, x of a flat index. */
function place(index: number, [, height, width]: Three): Three {
  const line = Math.floor(index / width);
  return [Math.floor(line / height), line % height, index % width];
}

export const deformConvReference: Reference<DeformConvAttributes> = (
  inputs,
  attributes,
  { single, outputs: [y] },
) => {
  const [x, weight, offset, bias, mask] = inputs;
  if (!x || !weight || !offset || !y) {
    throw new WgconvError('missing-input', 'DeformConv needs X, W and offset');
  }
  const g = deformConvGeometry(x.dims, weight.dims, y.dims, attributes);
  const [pixels, w, moved] = [numbersOf(x), numbersOf(weight), numbersOf(offset)];
  const masks = mask && numbersOf(mask);
  const plane = sizeOf(g.size);
  const outPixels = sizeOf(g.outSize);
  const taps = sizeOf(g.kernel);
  const round = single ? Math.fround : (sum: number) => sum;
  const greatest = Array.from({ length: g.batch * g.inChannels }, (_, at) =>
    greatestFinite(pixels.subarray(at * plane, (at + 1) * plane)),
  );
  const value = new Float64Array(sizeOf(y.dims));
  const magnitude = new Float64Array(value.length);
  const slack = new Float64Array(value.length);

  for (let image = 0; image < g.batch; image++) {
    for (let out = 0; out < outPixels; out++) {
      const origin = place(out, g.outSize);
      for (let tap = 0; tap < taps; tap++) {
        const step = place(tap, g.kernel);
        for (let c = 0; c < g.inChannels; c++) {
          const group = Math.floor(c / g.inPerGroup);
          const at = (image * attributes.offsetGroups + Math.floor(c / g.inPerOffset)) * taps + tap;
          const positions = g.size.map((_, axis) => {
            const base =
              (origin[axis] as number) * (g.strides[axis] as number) -
              (g.padBegin[axis] as number) +
              (step[axis] as number) * (g.dilations[axis] as number);
            // Offsets name the outermost axis first, of those that there are.
            const own = axis - 3 + g.axes;
            const by = own < 0 ? 0 : (moved[(at * g.axes + own) * outPixels + out] as number);
            return positionOf(by, 1, base);
          });
          const sample = interpolate(
            pixels,
            { base: (image * g.inChannels + c) * plane, size: g.size },
            positions.map((position, axis) =>
              axisTaps(round(position.at), g.size[axis] as number, 'zeros', 2),
            ),
            round,
          );
          const factor = masks ? (masks[at * outPixels + out] as number) : 1;
          const read = round(factor * sample.value);
          const off =
            2 *
            positions.reduce((sum, { error }) => sum + error, 0) *
            (greatest[image * g.inChannels + c] as number);
          for (let o = 0; o < g.outPerGroup; o++) {
            const channel = group * g.outPerGroup + o;
            const to = (image * g.outChannels + channel) * outPixels + out;
            const by = w[(channel * g.inPerGroup + (c % g.inPerGroup)) * taps + tap] as number;
            value[to] = round((value[to] as number) + round(by * read));
            magnitude[to] = (magnitude[to] as number) + Math.abs(by * factor) * sample.magnitude;
            slack[to] = (slack[to] as number) + Math.abs(by * factor) * off;
          }
        }
      }
    }
  }
  if (bias) {
    const b = numbersOf(bias);
    value.forEach((sum, at) => {
      const own = b[Math.floor(at / outPixels) % g.outChannels] as number;
      value[at] = round(sum + own);
      magnitude[at] = (magnitude[at] as number) + Math.abs(own);
    });
  }
  // Each sample is a sum of as many products as there are corners, weighed and masked.
  const terms = g.inPerGroup * taps * (2 ** g.axes + 3) + 1;
  return [{ value, magnitude, terms, slack }];
};
