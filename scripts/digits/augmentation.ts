/**
 * Augmentation for training on digits: one affine map (rotation, scale, shift) about the
 * picture's middle, sampled bilinearly, black outside. In the manner of LeCun et al. 1998, section III.
 */

import type { Random } from './random.ts';

export interface Transform {
  /** Shift of the content in pixels, to the right and downwards. */
  readonly shiftX: number;
  readonly shiftY: number;
  /** Radians, from the x axis (right) to the y axis (down). */
  readonly rotation: number;
  /** Above 1 the content grows. */
  readonly scale: number;
}

/** Transforms are drawn uniformly: shifts and rotation around 0, scale around 1. */
export interface AugmentationRange {
  /** Largest shift in pixels, each way. */
  readonly shift: number;
  /** Largest rotation, each way. */
  readonly degrees: number;
  /** Largest change of the scale: 0.1 means from 0.9 to 1.1. */
  readonly scale: number;
}

export const NO_AUGMENTATION: AugmentationRange = { shift: 0, degrees: 0, scale: 0 };

export const IDENTITY: Transform = { shiftX: 0, shiftY: 0, rotation: 0, scale: 1 };

export function drawTransform(random: Random, range: AugmentationRange): Transform {
  return {
    shiftX: random.between(-range.shift, range.shift),
    shiftY: random.between(-range.shift, range.shift),
    rotation: (random.between(-range.degrees, range.degrees) * Math.PI) / 180,
    scale: random.between(1 - range.scale, 1 + range.scale),
  };
}

/** Maps a square picture of size × size values; `target` may not be `source`. */
export function transformImage(
  source: Float32Array,
  size: number,
  transform: Transform,
  target: Float32Array,
): void {
  const middle = (size - 1) / 2;
  const cos = Math.cos(transform.rotation) / transform.scale;
  const sin = Math.sin(transform.rotation) / transform.scale;
  const pixel = (x: number, y: number): number =>
    x >= 0 && x < size && y >= 0 && y < size ? (source[y * size + x] ?? 0) : 0;

  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      // Backwards: where in the source does this target pixel come from?
      const fromMiddleY = y - middle - transform.shiftY;
      const fromMiddleX = x - middle - transform.shiftX;
      const sourceX = middle + cos * fromMiddleX + sin * fromMiddleY;
      const sourceY = middle - sin * fromMiddleX + cos * fromMiddleY;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const right = sourceX - left;
      const down = sourceY - top;
      const upper = pixel(left, top) * (1 - right) + pixel(left + 1, top) * right;
      const lower = pixel(left, top + 1) * (1 - right) + pixel(left + 1, top + 1) * right;
      target[y * size + x] = upper * (1 - down) + lower * down;
    }
  }
}
