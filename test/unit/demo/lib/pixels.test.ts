/** Squares of a picture. */

import { expect, it } from 'vitest';
import { cropPlanes, resizedCrop } from '../../../../demo/lib/pixels.ts';

it('keeps a square in its place when it grows, or moves it back into the picture', () => {
  const picture = { width: 20, height: 30 };
  expect(resizedCrop({ x: 3, y: 4, size: 5 }, 9, picture)).toEqual({ x: 3, y: 4, size: 9 });
  expect(resizedCrop({ x: 15, y: 25, size: 5 }, 9, picture)).toEqual({ x: 11, y: 21, size: 9 });
  expect(resizedCrop({ x: 3, y: 4, size: 5 }, 40, picture)).toEqual({ x: 0, y: 0, size: 40 });
});

it('cuts a rectangle out of every plane', () => {
  // Two planes of 3×2: 0 … 5 and 6 … 11.
  const planes = Array.from({ length: 12 }, (_, at) => at);
  const cut = cropPlanes(planes, { width: 3, height: 2 }, { x: 1, y: 0, width: 2, height: 2 });
  expect([...cut]).toEqual([1, 2, 4, 5, 7, 8, 10, 11]);
});
