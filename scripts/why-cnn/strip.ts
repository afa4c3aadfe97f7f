/** One digit under every change of a series, side by side, as a PNG. */

import { transformImage } from '../digits/augmentation.ts';
import { PIXELS, SIZE } from '../digits/digits.ts';
import { encodeGrey } from '../digits/grey-png.ts';
import type { Series } from './series.ts';

/** Each pixel of the digit is drawn as a square of so many. */
const ZOOM = 2;
const GAP = 4;
const SIDE = SIZE * ZOOM;
const WHITE = 255;

/** The first change behind each value, in the order of the values; black digits on white. */
export function digitStrip(image: Float32Array, { values, transforms }: Series): Uint8Array {
  const width = values.length * (SIDE + GAP) - GAP;
  const pixels = new Uint8Array(width * SIDE).fill(WHITE);
  const changed = new Float32Array(PIXELS);
  values.forEach((value, place) => {
    const [transform] = transforms(value);
    if (!transform) return;
    transformImage(image, SIZE, transform, changed);
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const ink = changed[Math.floor(y / ZOOM) * SIZE + Math.floor(x / ZOOM)] ?? 0;
        // A faint ground shows where the picture ends.
        pixels[y * width + place * (SIDE + GAP) + x] = Math.round(235 * (1 - ink));
      }
    }
  });
  return encodeGrey(pixels, width);
}
