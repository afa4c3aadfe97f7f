/** Geometry of a sliding window, against numbers worked out by hand. */

import { describe, expect, test } from 'vitest';
import {
  cellsSeen,
  outputSize,
  padMap,
  padsOf,
  reflects,
  sourceCell,
  tapsAt,
  type WindowSetting,
} from '../../../../demo/lib/window.ts';

const setting = (change: Partial<WindowSetting>): WindowSetting => ({
  ...{ kernel: 3, stride: 1, dilation: 1, padding: 'none', amount: 0 },
  ...change,
});

describe('output size', () => {
  test.each([
    [9, {}, 7],
    [9, { stride: 2 }, 4],
    [10, { stride: 2 }, 4], // (10 − 3) / 2 = 3.5
    [9, { dilation: 2 }, 5],
    [9, { padding: 'explicit', amount: 1 }, 9],
    [9, { padding: 'explicit', amount: 4, stride: 3 }, 5], // (17 − 3) / 3 = 4.67
    [9, { padding: 'same', stride: 2 }, 5],
    [28, { kernel: 5 }, 24],
    [4, { kernel: 5 }, 0],
    [4, { kernel: 3, dilation: 2 }, 0],
    [5, { kernel: 3, dilation: 2 }, 1],
  ] as const)('of %i cells with %o is %i', (size, change, expected) => {
    expect(outputSize(size, setting(change))).toBe(expected);
  });

  test('same padding puts the odd cell behind', () => {
    // 4 cells, kernel 3, stride 2: 2 places need 2 + 3 = 5 cells.
    expect(padsOf(4, setting({ padding: 'same', stride: 2 }))).toEqual({ before: 0, after: 1 });
    expect(padsOf(9, setting({ padding: 'same', kernel: 4 }))).toEqual({ before: 1, after: 2 });
    // Stride beyond the window: nothing is missing.
    expect(padsOf(9, setting({ padding: 'same', kernel: 1, stride: 4 }))).toEqual({
      ...{ before: 0, after: 0 },
    });
  });
});

describe('padded cells', () => {
  const around = [-3, -2, -1, 0, 1, 2, 3, 4, 5];

  test('reflect mirrors at the border cell', () => {
    expect(around.map((at) => sourceCell(at, 3, 'reflect'))).toEqual([1, 2, 1, 0, 1, 2, 1, 0, 1]);
  });

  test('replicate repeats the border cell', () => {
    expect(around.map((at) => sourceCell(at, 3, 'replicate'))).toEqual([0, 0, 0, 0, 1, 2, 2, 2, 2]);
  });

  test('the constant is no cell', () => {
    expect([-1, 0, 2, 3].map((at) => sourceCell(at, 3, 'constant'))).toEqual([
      undefined,
      0,
      2,
      undefined,
    ]);
  });

  test('a mirror shows at most all cells but one', () => {
    expect(reflects(3, { before: 2, after: 2 })).toBe(true);
    expect(reflects(3, { before: 3, after: 0 })).toBe(false);
  });

  test('a padded map has them around it', () => {
    const one = setting({ padding: 'explicit', amount: 1 });
    const values = [1, 2, 3, 4];
    expect(padMap(values, 2, 2, { ...one, fill: 'constant', value: 9 })).toEqual({
      ...{ width: 4, height: 4, left: 1, top: 1 },
      values: [9, 9, 9, 9, 9, 1, 2, 9, 9, 3, 4, 9, 9, 9, 9, 9],
    });
    expect(padMap(values, 2, 2, { ...one, fill: 'reflect', value: 9 }).values).toEqual([
      ...[4, 3, 4, 3, 2, 1, 2, 1, 4, 3, 4, 3, 2, 1, 2, 1],
    ]);
    expect(padMap(values, 2, 2, { ...one, fill: 'replicate', value: 9 }).values).toEqual([
      ...[1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4],
    ]);
  });
});

test('a window sees every d-th cell from where its stride has brought it', () => {
  const wide = setting({ stride: 2, dilation: 2, padding: 'explicit', amount: 1 });
  expect(cellsSeen(0, 9, wide)).toEqual([-1, 1, 3]);
  expect(cellsSeen(2, 9, wide)).toEqual([3, 5, 7]);
});

test('the products of a window are pixel by weight, in the kernel’s order', () => {
  const map = padMap([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, 3, {
    ...setting({ kernel: 2 }),
    ...{ fill: 'constant', value: 0 },
  });
  const taps = tapsAt(map, [1, -1, 0, 10], { x: 1, y: 1 }, setting({ kernel: 2 }));
  expect(taps.map(({ pixel }) => pixel)).toEqual([5, 6, 8, 9]);
  expect(taps.map(({ product }) => product)).toEqual([5, -6, 0, 90]);
  expect(taps.at(-1)).toMatchObject({ x: 2, y: 2 });
});
