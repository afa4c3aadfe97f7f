/** Drawings centred as MNIST's digits are, on pictures whose result is worked out by hand. */

import { describe, expect, it } from 'vitest';
import { centredDigit, side } from '../../../models/digit-image.ts';

/** Ink of 255 where `isInk` says. */
function drawing(size: number, isInk: (x: number, y: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: size * size }, (_, i) =>
    isInk(i % size, Math.floor(i / size)) ? 255 : 0,
  );
}

/** As rows of text: `#` for 1, `.` for 0, `+` for what lies between. */
function rowsOf(digit: Float32Array | undefined): string[] {
  return Array.from({ length: side }, (_, y) =>
    Array.from(digit?.subarray(y * side, (y + 1) * side) ?? [], (value) =>
      value === 0 ? '.' : value === 1 ? '#' : '+',
    ).join(''),
  );
}

const block = (left: number, width: number) => (x: number, y: number) =>
  x >= left && x < left + width && y >= 4 && y < 24 ? '#' : '.';
const expected = (at: (x: number, y: number) => string): string[] =>
  Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => at(x, y)).join(''));

describe('centredDigit', () => {
  it('gives nothing for nothing', () => {
    expect(
      centredDigit(
        drawing(56, () => false),
        56,
        56,
      ),
    ).toBeUndefined();
  });

  it('shrinks a square of 40 pixels to 20 in the middle, wherever it was drawn', () => {
    for (const [left, top] of [
      [0, 0],
      [13, 7],
    ] as const) {
      const ink = drawing(56, (x, y) => x >= left && x < left + 40 && y >= top && y < top + 40);
      expect(rowsOf(centredDigit(ink, 56, 56))).toEqual(expected(block(4, 20)));
    }
  });

  it('keeps proportions', () => {
    const bar = drawing(28, (x, y) => x >= 2 && x < 12 && y < 20);
    expect(rowsOf(centredDigit(bar, 28, 28))).toEqual(expected(block(9, 10)));
  });

  it('takes the mean of the pixels that become one', () => {
    // 40×40 with every other column inked: each 2×2 pixels are half ink.
    const stripes = drawing(40, (x, y) => x % 2 === 0 || (x === 39 && y === 0));
    const digit = centredDigit(stripes, 40, 40);
    expect(digit?.[14 * side + 14]).toBe(0.5);
    // The corner's column is inked, and one of its two other pixels.
    expect(digit?.[4 * side + 23]).toBe(0.75);
  });

  it('puts the centre of mass into the middle, not that of the box', () => {
    // An L of 20×20: 39 pixels, their mean x is 190/39 = 4.87 and their mean y 551/39 = 14.13, so that
    // it moves by round(13.5 − 4.87) = 9 and by round(13.5 − 14.13) = −1. What leaves the picture is lost.
    const letter = drawing(28, (x, y) => x < 20 && y < 20 && (x === 0 || y === 19));
    const moved = (x: number, y: number) =>
      (x === 9 && y < 19) || (x >= 9 && y === 18) ? '#' : '.';
    expect(rowsOf(centredDigit(letter, 28, 28))).toEqual(expected(moved));
  });
});
