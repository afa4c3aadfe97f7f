/**
 * What Winograd's arithmetic adds up for each output, in absolute values:
 * |Aᵀ| (Σ_c (|G| |g| |Gᵀ|) ⊙ (|Bᵀ| |d| |B|)) |A|. Its rounding is bounded by this sum, not by that of
 * the plain products, which can be zero where Winograd's rounding is not.
 */

import { range } from '../../../shaders/lib/unroll.ts';
import { type WinogradSize, winogradMatrices } from '../../../shaders/lib/winograd.ts';
import type { ConvGeometry } from './problem.ts';

type Matrix = readonly (readonly number[])[];

/**
 * Additions of one sum besides those over the channels: both passes of the three transforms, with
 * at most as many terms as a tile has points along an axis.
 */
export const winogradTransformTerms = 30;

export interface WinogradMagnitude {
  readonly magnitude: Float64Array;
  /** 1 where the tile holds a value that is not finite: Winograd spreads it over its outputs. */
  readonly ambiguous: Uint8Array | undefined;
}

/** @param source magnitudes of the input, @param weight of the weights, both dense */
export function winogradMagnitude(
  g: ConvGeometry,
  source: Float64Array,
  weight: Float64Array,
  size: WinogradSize,
): WinogradMagnitude {
  const matrices = winogradMatrices(size);
  const [inputs, weights, outputs] = [matrices.input, matrices.weight, matrices.output].map(
    absolute,
  );
  const { inChannels, outChannels, inHeight, inWidth, outHeight, outWidth } = g;
  const side = size + 2;
  const points = side * side;
  const magnitude = new Float64Array(g.batch * outChannels * outHeight * outWidth);
  const ambiguous = new Uint8Array(magnitude.length);
  const kernels = new Float64Array(outChannels * inChannels * points);
  for (let pair = 0; pair < outChannels * inChannels; pair++) {
    const taps = weight.subarray(pair * 9, pair * 9 + 9);
    kernels.set(sandwich(weights as Matrix, taps), pair * points);
  }
  const tiles = new Float64Array(inChannels * points);
  const tile = new Float64Array(points);
  const sums = new Float64Array(points);
  for (let image = 0; image < g.batch; image++) {
    for (let top = 0; top < outHeight; top += size) {
      for (let left = 0; left < outWidth; left += size) {
        let finite = true;
        for (let channel = 0; channel < inChannels; channel++) {
          const plane = (image * inChannels + channel) * inHeight * inWidth;
          for (let point = 0; point < points; point++) {
            const y = top - g.padTop + Math.floor(point / side);
            const x = left - g.padLeft + (point % side);
            const inside = y >= 0 && y < inHeight && x >= 0 && x < inWidth;
            tile[point] = inside ? (source[plane + y * inWidth + x] as number) : 0;
          }
          finite &&= tile.every(Number.isFinite);
          tiles.set(sandwich(inputs as Matrix, tile), channel * points);
        }
        for (let out = 0; out < outChannels; out++) {
          sums.fill(0);
          const kernel = out * inChannels * points;
          for (let at = 0; at < tiles.length; at++) {
            const point = at % points;
            const product = (tiles[at] as number) * (kernels[kernel + at] as number);
            sums[point] = (sums[point] as number) + product;
          }
          const result = sandwich(outputs as Matrix, sums);
          for (let y = 0; y < Math.min(size, outHeight - top); y++) {
            for (let x = 0; x < Math.min(size, outWidth - left); x++) {
              const row = (image * outChannels + out) * outHeight + top + y;
              magnitude[row * outWidth + left + x] = result[y * size + x] as number;
              ambiguous[row * outWidth + left + x] = finite ? 0 : 1;
            }
          }
        }
      }
    }
  }
  return { magnitude, ambiguous: ambiguous.includes(1) ? ambiguous : undefined };
}

const absolute = (matrix: Matrix): Matrix => matrix.map((row) => row.map(Math.abs));

/** M · X · Mᵀ of a square X. */
function sandwich(matrix: Matrix, square: Float64Array): Float64Array {
  const columns = range(matrix[0]?.length ?? 0);
  const half = matrix.map((row) =>
    columns.map((x) =>
      columns.reduce(
        (sum, y) => sum + (row[y] as number) * (square[y * columns.length + x] as number),
        0,
      ),
    ),
  );
  return Float64Array.from(
    half.flatMap((values) =>
      matrix.map((row) =>
        columns.reduce((sum, x) => sum + (row[x] as number) * (values[x] as number), 0),
      ),
    ),
  );
}
