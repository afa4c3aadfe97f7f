/** Pictures as plain RGBA bytes, and how a part of one, at any angle, is cut out of it. */

import type { Point } from './geometry.ts';

/** What `ImageData` has, so that it is one. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly data: Uint8ClampedArray;
}

/** A parallelogram of a picture, in its pixels: pixel (i, j) has its middle at (i + ½, j + ½). */
export interface Parallelogram {
  readonly origin: Point;
  /** From the origin to the end of the upper side. */
  readonly across: Point;
  /** From the origin to the end of the left side. */
  readonly down: Point;
}

/**
 * The part of a picture, resampled to `width` × `height`: bilinear, the mean of several points a
 * pixel where it shrinks. Beyond the picture's edge its last pixels go on.
 */
export function cut(
  picture: Pixels,
  { origin, across, down }: Parallelogram,
  width: number,
  height: number,
): Pixels {
  const points = (side: Point, steps: number) =>
    Math.max(1, Math.min(16, Math.round(Math.hypot(side.x, side.y) / steps)));
  const [nx, ny] = [points(across, width), points(down, height)];
  const data = new Uint8ClampedArray(width * height * 4);
  const sum = new Float64Array(3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      sum.fill(0);
      for (let j = 0; j < ny; j++)
        for (let i = 0; i < nx; i++) {
          const u = (x + (i + 0.5) / nx) / width;
          const v = (y + (j + 0.5) / ny) / height;
          addSample(
            picture,
            origin.x + u * across.x + v * down.x - 0.5,
            origin.y + u * across.y + v * down.y - 0.5,
            sum,
          );
        }
      const at = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) data[at + c] = (sum[c] ?? 0) / (nx * ny);
      data[at + 3] = 255;
    }
  return { width, height, data };
}

/** Adds the colour at a point between the middles of pixels. */
function addSample({ width, height, data }: Pixels, x: number, y: number, sum: Float64Array): void {
  const column = Math.min(width - 1, Math.max(0, x));
  const row = Math.min(height - 1, Math.max(0, y));
  const [x0, y0] = [Math.floor(column), Math.floor(row)];
  const [x1, y1] = [Math.min(width - 1, x0 + 1), Math.min(height - 1, y0 + 1)];
  const [fx, fy] = [column - x0, row - y0];
  for (let c = 0; c < 3; c++) {
    const value = (px: number, py: number) => data[(py * width + px) * 4 + c] ?? 0;
    const upper = value(x0, y0) * (1 - fx) + value(x1, y0) * fx;
    const lower = value(x0, y1) * (1 - fx) + value(x1, y1) * fx;
    sum[c] = (sum[c] ?? 0) + upper * (1 - fy) + lower * fy;
  }
}

/** A picture resampled as a whole. */
export function resize(picture: Pixels, width: number, height: number): Pixels {
  const origin = { x: 0, y: 0 };
  const [across, down] = [
    { x: picture.width, y: 0 },
    { x: 0, y: picture.height },
  ];
  return cut(picture, { origin, across, down }, width, height);
}

export interface Normalisation {
  readonly layout: 'NCHW' | 'NHWC';
  readonly order: 'RGB' | 'BGR';
  /** Taken off bytes as 0 to 1, for each channel of the network. */
  readonly mean: readonly [number, number, number];
  /** What is left is divided by it. */
  readonly deviation: readonly [number, number, number];
  /** What the network gets where there is no picture. */
  readonly fill: number;
}

/** The numbers of a `width` × `height` input, the picture with its corner at (left, top) of it. */
export function normalise(
  { data, ...picture }: Pixels,
  width: number,
  height: number,
  { layout, order, mean, deviation, fill }: Normalisation,
  { left, top } = { left: 0, top: 0 },
): Float32Array {
  const plane = width * height;
  const values = new Float32Array(3 * plane).fill(fill);
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++) {
      const pixel = (y + top) * width + x + left;
      for (let c = 0; c < 3; c++) {
        const byte = data[(y * picture.width + x) * 4 + (order === 'RGB' ? c : 2 - c)] ?? 0;
        values[layout === 'NCHW' ? c * plane + pixel : pixel * 3 + c] =
          (byte / 255 - (mean[c] ?? 0)) / (deviation[c] ?? 1);
      }
    }
  return values;
}
