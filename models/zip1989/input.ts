/**
 * The input of the 1989 zip-code network from a picture of a digit, in one place for training, tests
 * and pages: as in the paper, a linear map that keeps the digit's proportions makes it fill 16×16
 * pixels, and grey levels become −1 (background) to 1 (ink).
 */

import { average, inkRegion } from '../digit-image.ts';

/** Rows and columns of the network's input. */
export const ZIP_SIZE = 16;
/** The paper's background level: of empty pixels, and of what lies beyond the border of a plane. */
export const ZIP_BACKGROUND = -1;

/**
 * From size × size values (0 background, 1 ink) to [16, 16] values in −1..1.
 *
 * The digit's box is the smallest that holds every pixel of at least 16/255. The square around the
 * middle of that box, with the box's longer side as its side, is cut into 16×16 equal squares, and each
 * of them gives the mean of what it covers, pixels weighted by the part that is covered.
 * An empty picture gives background everywhere.
 */
export function zipInput(picture: ArrayLike<number>, size = 28): Float32Array {
  const ink = Float32Array.from(picture, (value) => 255 * value);
  const input = new Float32Array(ZIP_SIZE * ZIP_SIZE).fill(ZIP_BACKGROUND);
  const box = inkRegion(ink, size, size);
  if (!box) return input;
  const side = Math.max(box.width, box.height);
  const step = side / ZIP_SIZE;
  const left = box.left + (box.width - side) / 2;
  const top = box.top + (box.height - side) / 2;
  for (let y = 0; y < ZIP_SIZE; y++) {
    for (let x = 0; x < ZIP_SIZE; x++) {
      const mean = average(ink, size, size, left + x * step, top + y * step, step) / 255;
      input[y * ZIP_SIZE + x] = 2 * mean - 1;
    }
  }
  return input;
}
