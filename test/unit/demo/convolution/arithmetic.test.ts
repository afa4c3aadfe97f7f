/** Filters, stacks of layers and the patch matrix, against numbers worked out by hand. */

import { describe, expect, test } from 'vitest';
import { formatNumber, formatWeight } from '../../../../demo/lib/number-format.ts';
import { filters, resizeKernel, shownRange } from '../../../../demo/pages/convolution/filters.ts';
import { cellsOf, patchMatrix } from '../../../../demo/pages/convolution/patch-matrix.ts';
import {
  composeKernels,
  receptiveField,
  shrinkingSizes,
  stackProducts,
  stackWeights,
} from '../../../../demo/pages/convolution/receptive-field.ts';

describe('filters', () => {
  const byId = (id: string) => filters.find((filter) => filter.id === id);

  test('each is a square of its size', () => {
    for (const { id, size, weights } of filters) expect(weights.length, id).toBe(size * size);
  });

  test('the sums say what a filter does to the brightness', () => {
    const sums = Object.fromEntries(
      filters.map(({ id, weights }) => [id, weights.reduce((total, weight) => total + weight, 0)]),
    );
    expect(sums).toEqual({
      ...{ identity: 1, gaussian: 1, sharpen: 1, emboss: 1, blur: expect.closeTo(1, 12) },
      ...{ sobelX: 0, sobelY: 0, prewittX: 0, prewittY: 0, laplacian: 0 },
    });
  });

  test('the Gaussian is Pascal’s triangle, squared', () => {
    expect(byId('gaussian')?.at?.(3)).toEqual(
      [1, 2, 1, 2, 4, 2, 1, 2, 1].map((weight) => weight / 16),
    );
    expect(byId('gaussian')?.weights.slice(0, 5)).toEqual([1, 4, 6, 4, 1].map((w) => w / 256));
  });

  test('another size keeps the centre', () => {
    expect(resizeKernel([1, 2, 3, 4, 5, 6, 7, 8, 9], 1)).toEqual([5]);
    expect(resizeKernel([1, 2, 3, 4, 5, 6, 7, 8, 9], 2)).toEqual([5, 6, 8, 9]);
    expect(resizeKernel([1], 4)).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('what keeps brightness is shown grey, what finds edges by its sign', () => {
    expect(shownRange([0, -1, 0, -1, 5, -1, 0, -1, 0])).toEqual([0, 255]);
    expect(shownRange([1, 1, 1, 1])).toEqual([0, 1020]);
    expect(shownRange([-1, 0, 1])).toBe('signed');
    expect(shownRange([-1])).toBe('signed');
    expect(shownRange([0])).toBe('signed');
  });
});

describe('stacked layers', () => {
  test('two 3×3 see as far as one 5×5, with fewer weights', () => {
    expect(receptiveField(3, 2)).toBe(5);
    expect(receptiveField(5, 1)).toBe(5);
    expect(stackWeights(3, 2, 64)).toBe(73_728);
    expect(stackWeights(5, 1, 64)).toBe(102_400);
    expect(stackProducts(3, 2, 1, 100)).toBe(1800);
  });

  test('maps shrink by k − 1 a layer until nothing is left', () => {
    expect(shrinkingSizes(24, 5, 5)).toEqual([24, 20, 16, 12, 8, 4]);
    expect(shrinkingSizes(24, 5, 7)).toEqual([24, 20, 16, 12, 8, 4]);
    expect(shrinkingSizes(3, 3, 2)).toEqual([3, 1]);
  });

  test('one kernel does what two do after each other', () => {
    expect(composeKernels([2], [3])).toEqual([6]);
    // [1 −1] after [1 2; 3 4], both as 2×2: worked out on paper.
    expect(composeKernels([1, 2, 3, 4], [1, -1, 0, 0])).toEqual([1, 1, -2, 3, 1, -4, 0, 0, 0]);
    const gaussian = [1, 2, 1, 2, 4, 2, 1, 2, 1];
    expect(composeKernels(gaussian, gaussian).slice(0, 10)).toEqual([
      ...[1, 4, 6, 4, 1, 4, 16, 24, 16, 4],
    ]);
  });
});

describe('the patch matrix', () => {
  const shape = { channels: 1, width: 3, height: 3, kernel: 2, stride: 1 };

  test('has a window in each column and a weight in each row', () => {
    expect(patchMatrix(shape)).toEqual({
      ...{ rows: 4, columns: 4 },
      // biome-ignore format: rows of the matrix
      cells: [
        0, 1, 3, 4,
        1, 2, 4, 5,
        3, 4, 6, 7,
        4, 5, 7, 8,
      ],
    });
  });

  test('takes one channel after the other, and the stride', () => {
    const { rows, columns, cells } = patchMatrix({ ...shape, channels: 2, height: 4, stride: 2 });
    expect([rows, columns]).toEqual([8, 2]);
    expect(cells.slice(0, 4)).toEqual([0, 6, 1, 7]);
    expect(cells.slice(8, 10)).toEqual([12, 18]);
  });

  test('a column is a window, a row is what one weight meets', () => {
    const matrix = patchMatrix(shape);
    expect(cellsOf(matrix, { column: 3 })).toEqual([4, 5, 7, 8]);
    expect(cellsOf(matrix, { row: 1 })).toEqual([1, 2, 4, 5]);
    expect(cellsOf(matrix, { row: 1, column: 3 })).toEqual([5]);
  });
});

test('numbers are as long as they need', () => {
  expect([3, -12, 0.5, 1 / 3, -0.001].map((value) => formatNumber(value))).toEqual([
    ...['3', '−12', '0.5', '0.33', '0'],
  ]);
  expect([1 / 9, 1 / 256, -1].map(formatWeight)).toEqual(['0.11', '0.004', '−1']);
});
