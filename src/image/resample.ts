/**
 * Resizes pictures: bilinear, and where it shrinks each pixel is the weighted mean of all those it
 * covers, so that nothing flickers or is lost between samples (as Pillow's `resize(BILINEAR)`).
 */

import type { Box } from './placement.ts';

/** RGB, row-major, three values a pixel, each in [0, 255], with fractions. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Float32Array;
}

/** A box of the picture at another size. */
export function resample(picture: Picture, box: Box, width: number, height: number): Picture {
  const untouched =
    box.left === 0 &&
    box.top === 0 &&
    box.width === picture.width &&
    box.height === picture.height &&
    width === picture.width &&
    height === picture.height;
  if (untouched) return picture;
  const columns = weightsOf(picture.width, box.left, box.width, width);
  const rows = weightsOf(picture.height, box.top, box.height, height);
  const narrow = new Float64Array(picture.height * width * 3);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x] as Weights;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          const pixel = y * picture.width + first + k;
          sum += (weights[k] as number) * (picture.pixels[pixel * 3 + channel] as number);
        }
        narrow[(y * width + x) * 3 + channel] = sum;
      }
    }
  }
  const pixels = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const { first, weights } = rows[y] as Weights;
    for (let at = 0; at < width * 3; at++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) {
        sum += (weights[k] as number) * (narrow[(first + k) * width * 3 + at] as number);
      }
      pixels[y * width * 3 + at] = sum;
    }
  }
  return { width, height, pixels };
}

/** Source pixels from `first` on, and what each gives; the weights sum to 1. */
interface Weights {
  readonly first: number;
  readonly weights: readonly number[];
}

/** A triangle as wide as two target pixels around each target's centre, or two source pixels. */
function weightsOf(size: number, start: number, length: number, target: number): Weights[] {
  const step = length / target;
  const reach = Math.max(step, 1);
  return Array.from({ length: target }, (_, index) => {
    const centre = start + (index + 0.5) * step;
    const first = Math.max(Math.floor(centre - reach + 0.5), 0);
    const last = Math.min(Math.floor(centre + reach + 0.5), size);
    const weights: number[] = [];
    for (let at = first; at < last; at++) {
      weights.push(Math.max(0, 1 - Math.abs(at + 0.5 - centre) / reach));
    }
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
