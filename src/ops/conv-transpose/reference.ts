/**
 * ConvTranspose in float64, as it is defined: every input element scatters itself,
 * y[n, o, i·stride + k·dilation − pad] += x[n, c, i] · w[c, o, k], for all o of c's group; then the
 * bias. What falls outside the output is dropped. Any rank from 1 to 3 axes, brought to three.
 */

import { WgconvError } from '../../core/errors.ts';
import { magnitudeOf, numbersOf } from '../../core/reference.ts';
import type { Reference } from '../operator.ts';
import { type ConvTransposeAttributes, convTransposeGeometry } from './geometry.ts';

export const convTransposeReference: Reference<ConvTransposeAttributes> = (
  inputs,
  attributes,
  { single, outputs },
) => {
  const [source, weight, bias] = inputs;
  const [type] = outputs;
  if (!source || !weight || !type) {
    throw new WgconvError('missing-input', 'ConvTranspose needs X and W');
  }
  const g = convTransposeGeometry(source.dims, weight.dims, type.dims, attributes);
  const x = numbersOf(source);
  const w = numbersOf(weight);
  const xMagnitude = magnitudeOf(source);
  const wMagnitude = magnitudeOf(weight);
  const xSlack = source.slack;
  const inPlane = g.inDepth * g.inHeight * g.inWidth;
  const outPlane = g.outDepth * g.outHeight * g.outWidth;
  const taps = g.kernelDepth * g.kernelHeight * g.kernelWidth;
  const inPerGroup = g.inChannels / g.group;
  const outPerGroup = g.outChannels / g.group;
  const value = new Float64Array(g.batch * g.outChannels * outPlane);
  const magnitude = new Float64Array(value.length);
  const slack = xSlack && new Float64Array(value.length);
  const round = single ? Math.fround : (sum: number) => sum;

  for (let image = 0; image < g.batch; image++) {
    for (let c = 0; c < g.inChannels; c++) {
      const group = Math.floor(c / inPerGroup);
      for (let o = 0; o < outPerGroup; o++) {
        const from = (image * g.inChannels + c) * inPlane;
        const to = (image * g.outChannels + group * outPerGroup + o) * outPlane;
        let tap = (c * outPerGroup + o) * taps;
        for (let kz = 0; kz < g.kernelDepth; kz++) {
          for (let ky = 0; ky < g.kernelHeight; ky++) {
            for (let kx = 0; kx < g.kernelWidth; kx++, tap++) {
              const weightValue = w[tap] as number;
              const weightMagnitude = wMagnitude[tap] as number;
              for (let iz = 0; iz < g.inDepth; iz++) {
                const oz = iz * g.strideZ + kz * g.dilationZ - g.padFront;
                if (oz < 0 || oz >= g.outDepth) continue;
                for (let iy = 0; iy < g.inHeight; iy++) {
                  const oy = iy * g.strideY + ky * g.dilationY - g.padTop;
                  if (oy < 0 || oy >= g.outHeight) continue;
                  const fromRow = from + (iz * g.inHeight + iy) * g.inWidth;
                  const toRow = to + (oz * g.outHeight + oy) * g.outWidth;
                  for (let ix = 0; ix < g.inWidth; ix++) {
                    const ox = ix * g.strideX + kx * g.dilationX - g.padLeft;
                    if (ox < 0 || ox >= g.outWidth) continue;
                    const [at, in_] = [toRow + ox, fromRow + ix];
                    const product = round((x[in_] as number) * weightValue);
                    value[at] = round((value[at] as number) + product);
                    magnitude[at] =
                      (magnitude[at] as number) + (xMagnitude[in_] as number) * weightMagnitude;
                    if (slack && xSlack) {
                      slack[at] = (slack[at] as number) + (xSlack[in_] as number) * weightMagnitude;
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
  // At the most: an output pixel is reached by every stride-th tap.
  let terms = inPerGroup * taps + (source.terms ?? 0) + (weight.terms ?? 0);
  if (bias) {
    const b = numbersOf(bias);
    const bMagnitude = magnitudeOf(bias);
    for (let at = 0; at < value.length; at++) {
      const out = Math.floor(at / outPlane) % g.outChannels;
      value[at] = round((value[at] as number) + (b[out] as number));
      magnitude[at] = (magnitude[at] as number) + (bMagnitude[out] as number);
    }
    terms += 1 + (bias.terms ?? 0);
  }
  return [{ value, magnitude, terms, slack }];
};
