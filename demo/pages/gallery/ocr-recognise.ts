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
 * The network's training text was mostly Chinese, so it is shy of spaces: between two words the
 * blank is often likelier. But the probabilities of a space, summed over the blanks between two
 * letters, tell them apart: at most 0.0015 within words, at least 0.016 between them (measured on
 * five fonts in three sizes).
 */
const gap = 0.006;

/** Writes no spaces between its characters. */
const closeSet = /\p{Script=Han}|[，。、；：？！（）《》]/u;

/**
 * Greedy decoding: the likeliest class of each step, repetitions counted once, blanks (class 0)
 * left out, a space where there is a gap. `probabilities` is [steps, characters].
 */
export function decodeCtc(
  probabilities: ArrayLike<number>,
  steps: number,
  characters: readonly string[],
): Reading {
  const classes = characters.length;
  const space = characters.indexOf(' ');
  let text = '';
  let sum = 0;
  let count = 0;
  let before = 0;
  let spaceSince = 0;
  for (let step = 0; step < steps; step++) {
    const at = step * classes;
    let likeliest = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      const p = probabilities[at + k] ?? 0;
      if (p > highest) [highest, likeliest] = [p, k];
    }
    const character = characters[likeliest] ?? '';
    if (likeliest === 0) {
      if (space >= 0) spaceSince += probabilities[at + space] ?? 0;
    } else if (likeliest !== before) {
      const apart = spaceSince >= gap && /\S$/.test(text) && character !== ' ';
      if (apart && !closeSet.test(text.slice(-1) + character)) text += ' ';
      text += character;
      sum += highest;
      count++;
      spaceSince = 0;
    }
    before = likeliest;
  }
  return { text: text.trim(), confidence: count ? sum / count : 0 };
}
