/**
 * Conv in float64: y[n, o, p] = b[o] + Σ_c Σ_k x[n, c, p·stride + k·dilation − pad] · w[o, c, k],
 * taps outside the input contribute nothing (they are zero by definition).
 *
 * Any rank from 1 to 3 spatial axes, brought to three. The loops run tap by tap over whole output
 * rows, so that all bounds are known before the innermost loop.
 */

import { WgconvError } from '../../core/errors.ts';
import { numbersOf, type ReferenceTensor } from '../../core/reference.ts';
import type { Reference } from '../operator.ts';
import { convGeometry } from './geometry.ts';
import type { ConvAttributes } from './schema.ts';

/** Outputs [begin, end) of an axis whose tap at `offset` lies inside an input of `size`. */
function insideRange(outSize: number, size: number, stride: number, offset: number) {
  const begin = Math.max(0, Math.ceil(-offset / stride));
  const end = Math.min(outSize, Math.floor((size - 1 - offset) / stride) + 1);
  return [begin, end] as const;
}

/** |x|, or what was summed up to get x. */
function magnitudeOf(tensor: ReferenceTensor): Float64Array {
  return tensor.magnitude ?? numbersOf(tensor).map(Math.abs);
}

export const convReference: Reference<ConvAttributes> = (
  inputs,
  attributes,
  { single, outputs },
) => {
  const [source, weight, bias] = inputs;
  const [type] = outputs;
  if (!source || !weight || !type) throw new WgconvError('missing-input', 'Conv needs X and W');
  const g = convGeometry(source.dims, weight.dims, type.dims, attributes);
  const x = numbersOf(source);
  const w = numbersOf(weight);
  const xMagnitude = magnitudeOf(source);
  const wMagnitude = magnitudeOf(weight);
  const xSlack = source.slack;
  const outPlane = g.outDepth * g.outHeight * g.outWidth;
  const inPlane = g.inDepth * g.inHeight * g.inWidth;
  const inPerGroup = g.inChannels / g.group;
  const outPerGroup = g.outChannels / g.group;
  const taps = g.kernelDepth * g.kernelHeight * g.kernelWidth;
  const value = new Float64Array(g.batch * g.outChannels * outPlane);
  const magnitude = new Float64Array(value.length);
  const slack = xSlack ? new Float64Array(value.length) : undefined;

  for (let image = 0; image < g.batch; image++) {
    for (let out = 0; out < g.outChannels; out++) {
      const base = (image * g.outChannels + out) * outPlane;
      for (let channel = 0; channel < inPerGroup; channel++) {
        const inChannel = Math.floor(out / outPerGroup) * inPerGroup + channel;
        const inBase = (image * g.inChannels + inChannel) * inPlane;
        let tap = (out * inPerGroup + channel) * taps;
        for (let kz = 0; kz < g.kernelDepth; kz++) {
          const offsetZ = kz * g.dilationZ - g.padFront;
          const [zBegin, zEnd] = insideRange(g.outDepth, g.inDepth, g.strideZ, offsetZ);
          for (let ky = 0; ky < g.kernelHeight; ky++) {
            const offsetY = ky * g.dilationY - g.padTop;
            const [yBegin, yEnd] = insideRange(g.outHeight, g.inHeight, g.strideY, offsetY);
            for (let kx = 0; kx < g.kernelWidth; kx++, tap++) {
              const offsetX = kx * g.dilationX - g.padLeft;
              const [xBegin, xEnd] = insideRange(g.outWidth, g.inWidth, g.strideX, offsetX);
              const factor = w[tap] as number;
              const factorMagnitude = wMagnitude[tap] as number;
              for (let z = zBegin; z < zEnd; z++) {
                const inZ = inBase + (z * g.strideZ + offsetZ) * g.inHeight * g.inWidth;
                for (let y = yBegin; y < yEnd; y++) {
                  const row = base + (z * g.outHeight + y) * g.outWidth;
                  let from = inZ + (y * g.strideY + offsetY) * g.inWidth;
                  from += xBegin * g.strideX + offsetX;
                  for (let at = row + xBegin; at < row + xEnd; at++, from += g.strideX) {
                    const product = (x[from] as number) * factor;
                    value[at] = single
                      ? Math.fround((value[at] as number) + Math.fround(product))
                      : (value[at] as number) + product;
                    magnitude[at] =
                      (magnitude[at] as number) + (xMagnitude[from] as number) * factorMagnitude;
                    if (slack && xSlack) {
                      slack[at] =
                        (slack[at] as number) + (xSlack[from] as number) * factorMagnitude;
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
  if (bias) addBias(numbersOf(bias), magnitudeOf(bias));

  function addBias(b: Float64Array, bMagnitude: Float64Array): void {
    for (let at = 0; at < value.length; at++) {
      const out = Math.floor(at / outPlane) % g.outChannels;
      const sum = (value[at] as number) + (b[out] as number);
      value[at] = single ? Math.fround(sum) : sum;
      magnitude[at] = (magnitude[at] as number) + (bMagnitude[out] as number);
    }
  }
  const terms =
    inPerGroup * taps +
    (source.terms ?? 0) +
    (weight.terms ?? 0) +
    (bias ? 1 + (bias.terms ?? 0) : 0);
  return [{ value, magnitude, terms, slack }];
};
