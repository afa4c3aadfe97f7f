/**
 * What surrounds a PP-OCR text recogniser: a box of the picture as a line 48 pixels high, and the
 * network's probabilities as characters (CTC: Graves et al., 2006).
 */

import type { Quad } from './geometry.ts';
import { cut, type Pixels } from './pixels.ts';

export const lineHeight = 48;

/**
 * The widths that lines are padded to, a few only so that their plans are kept. The narrowest is
 * what the network was trained with; longer lines than the widest are squeezed.
 */
const widest = 1280;
const lineWidths: readonly number[] = [320, 480, 640, 960, widest];

/** The width that a line of this width is padded to. */
export function paddedWidth(width: number): number {
  return lineWidths.find((padded) => width <= padded) ?? widest;
}

/** The box cut out of the picture, upright, 48 pixels high and as wide as it then is. */
export function cropLine(picture: Pixels, quad: Quad): Pixels {
  const [topLeft, topRight, bottomRight, bottomLeft] = quad;
  const long = Math.hypot(topRight.x - topLeft.x, topRight.y - topLeft.y);
  const short = Math.hypot(bottomLeft.x - topLeft.x, bottomLeft.y - topLeft.y);
  // Much higher than wide is a line on its side: it is read from the top down.
  const onItsSide = short >= 1.5 * long;
  const [origin, end, start] = onItsSide
    ? [topRight, bottomRight, topLeft]
    : [topLeft, topRight, bottomLeft];
  const aspect = onItsSide ? short / long : long / short;
  const width = Math.min(widest, Math.max(1, Math.round(lineHeight * aspect)));
  const across = { x: end.x - origin.x, y: end.y - origin.y };
  const down = { x: start.x - origin.x, y: start.y - origin.y };
  return cut(picture, { origin, across, down }, width, lineHeight);
}

/** The characters of the network's classes: the blank of CTC, the dictionary, and a space. */
export function parseDictionary(text: string): string[] {
  return ['', ...text.replace(/\r?\n$/, '').split(/\r?\n/), ' '];
}

export interface Reading {
  readonly text: string;
  /** The mean probability of its characters; 0 for an empty text. */
  readonly confidence: number;
}

/**
 * Greedy decoding: the likeliest class of each step, repetitions counted once, blanks (class 0)
 * left out. `probabilities` is [steps, characters].
 */
export function decodeCtc(
  probabilities: ArrayLike<number>,
  steps: number,
  characters: readonly string[],
): Reading {
  const classes = characters.length;
  let text = '';
  let sum = 0;
  let count = 0;
  let before = 0;
  for (let step = 0; step < steps; step++) {
    let likeliest = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      const p = probabilities[step * classes + k] ?? 0;
      if (p > highest) [highest, likeliest] = [p, k];
    }
    if (likeliest !== 0 && likeliest !== before) {
      text += characters[likeliest];
      sum += highest;
      count++;
    }
    before = likeliest;
  }
  return { text, confidence: count ? sum / count : 0 };
}
