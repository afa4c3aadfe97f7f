/**
 * Conv in float64: y[n, o, p] = b[o] + Σ_c Σ_k x[n, c, p·stride + k·dilation − pad] · w[o, c, k],
 * taps outside the input contribute nothing (they are zero by definition).
 *
 * Any rank from 1 to 3 spatial axes, brought to three. The loops run tap by tap over whole output
 * rows, four channels at a time: all bounds are known before the innermost loop.
 */

import { WgconvError } from '../../core/errors.ts';
import { magnitudeOf, numbersOf } from '../../core/reference.ts';
import type { Reference } from '../operator.ts';
import { type ConvAttributes, convGeometry } from './geometry.ts';
import { winogradMagnitude, winogradTransformTerms } from './winograd-magnitude.ts';

/** Outputs [begin, end) of an axis whose tap at `offset` lies inside an input of `size`. */
function insideRange(outSize: number, size: number, stride: number, offset: number) {
  const begin = Math.max(0, Math.ceil(-offset / stride));
  const end = Math.min(outSize, Math.floor((size - 1 - offset) / stride) + 1);
  return [begin, end] as const;
}

/** A row of outputs and the source elements under one tap, in a few neighbouring channels. */
interface Row {
  to: number;
  count: number;
  from: number;
  step: number;
}

/**
 * target[to + i] += Σ_c source[from + i·step + c·plane] · weights[tap + c·taps] over four channels
 * (an output is loaded and stored once for four of them) or one.
 */
function addRow(
  target: Float64Array,
  { to, count, from, step }: Row,
  source: Float64Array,
  plane: number,
  weights: Float64Array,
  tap: number,
  taps: number,
  channels: number,
): void {
  const w0 = weights[tap] as number;
  if (channels < 4) {
    for (let i = 0, at = from; i < count; i++, at += step) {
      target[to + i] = (target[to + i] as number) + (source[at] as number) * w0;
    }
    return;
  }
  const w1 = weights[tap + taps] as number;
  const w2 = weights[tap + 2 * taps] as number;
  const w3 = weights[tap + 3 * taps] as number;
  for (let i = 0, at = from; i < count; i++, at += step) {
    let sum = (target[to + i] as number) + (source[at] as number) * w0;
    sum += (source[at + plane] as number) * w1;
    sum += (source[at + 2 * plane] as number) * w2;
    sum += (source[at + 3 * plane] as number) * w3;
    target[to + i] = sum;
  }
}

/** The same with every product and sum rounded to float32. */
const addRowSingle: typeof addRow = (target, row, source, plane, weights, tap, taps, channels) => {
  const { to, count, from, step } = row;
  for (let c = 0; c < channels; c++) {
    const w = weights[tap + c * taps] as number;
    for (let i = 0, at = from + c * plane; i < count; i++, at += step) {
      const product = Math.fround((source[at] as number) * w);
      target[to + i] = Math.fround((target[to + i] as number) + product);
    }
  }
};

export const convReference: Reference<ConvAttributes> = (
  inputs,
  attributes,
  { single, outputs, arithmetic },
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
  const size = arithmetic === 'winograd_4x4' ? 4 : 2;
  const winograd = arithmetic && winogradMagnitude(g, xMagnitude, wMagnitude, size);
  const magnitude = winograd?.magnitude ?? new Float64Array(value.length);
  const slack = xSlack && new Float64Array(value.length);
  const addValue = single ? addRowSingle : addRow;
  const row: Row = { to: 0, count: 0, from: 0, step: g.strideX };

  for (let image = 0; image < g.batch; image++) {
    for (let out = 0; out < g.outChannels; out++) {
      const base = (image * g.outChannels + out) * outPlane;
      for (let channel = 0, channels = 1; channel < inPerGroup; channel += channels) {
        channels = inPerGroup - channel < 4 ? 1 : 4;
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
              for (let z = zBegin; z < zEnd; z++) {
                const inZ = inBase + (z * g.strideZ + offsetZ) * g.inHeight * g.inWidth;
                for (let y = yBegin; y < yEnd; y++) {
                  row.to = base + (z * g.outHeight + y) * g.outWidth + xBegin;
                  row.count = xEnd - xBegin;
                  row.from = inZ + (y * g.strideY + offsetY) * g.inWidth;
                  row.from += xBegin * g.strideX + offsetX;
                  addValue(value, row, x, inPlane, w, tap, taps, channels);
                  if (!winograd) {
                    addRow(magnitude, row, xMagnitude, inPlane, wMagnitude, tap, taps, channels);
                  }
                  if (slack && xSlack) {
                    addRow(slack, row, xSlack, inPlane, wMagnitude, tap, taps, channels);
                  }
                }
              }
            }
          }
        }
      }
    }
  }
  let terms = winograd ? inPerGroup + winogradTransformTerms : inPerGroup * taps;
  terms += (source.terms ?? 0) + (weight.terms ?? 0);
  if (bias) {
    const b = numbersOf(bias);
    const bMagnitude = magnitudeOf(bias);
    for (let at = 0; at < value.length; at++) {
      const out = Math.floor(at / outPlane) % g.outChannels;
      const sum = (value[at] as number) + (b[out] as number);
      value[at] = single ? Math.fround(sum) : sum;
      magnitude[at] = (magnitude[at] as number) + (bMagnitude[out] as number);
    }
    terms += 1 + (bias.terms ?? 0);
  }
  return [{ value, magnitude, terms, slack, ambiguous: winograd?.ambiguous }];
};
