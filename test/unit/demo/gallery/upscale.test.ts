import { expect, it } from 'vitest';
import type { Network } from '../../../../demo/pages/gallery/network.ts';
import type { Pixels } from '../../../../demo/pages/gallery/pixels.ts';
import { margin, tiling, upscale } from '../../../../demo/pages/gallery/upscale.ts';

it('tiles cover every pixel once, and see the margin or the picture’s border', () => {
  for (const [width, height, window] of [
    [100, 70, 48],
    [33, 200, 32],
    [28, 28, 28],
    [29, 5, 28],
  ] as const) {
    const { windowWidth, windowHeight, tiles } = tiling(width, height, window);
    const covered = new Uint8Array(width * height);
    for (const tile of tiles) {
      for (let y = tile.y; y < tile.y + tile.height; y++)
        for (let x = tile.x; x < tile.x + tile.width; x++)
          covered[y * width + x] = 1 + (covered[y * width + x] ?? 0);
      const { x, y } = tile.window;
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + windowWidth).toBeLessThanOrEqual(width);
      expect(y + windowHeight).toBeLessThanOrEqual(height);
      if (x > 0) expect(tile.x - x).toBeGreaterThanOrEqual(margin);
      if (x + windowWidth < width)
        expect(x + windowWidth - tile.x - tile.width).toBeGreaterThanOrEqual(margin);
      if (y > 0) expect(tile.y - y).toBeGreaterThanOrEqual(margin);
      if (y + windowHeight < height)
        expect(y + windowHeight - tile.y - tile.height).toBeGreaterThanOrEqual(margin);
    }
    expect(covered.every((count) => count === 1)).toBe(true);
  }
});

/** Twice as large; each pixel is the sum of what lies `margin` to the left and above, 0 outside. */
const sees: Network = async (input, dims) => {
  const [, height = 0, width = 0] = dims;
  const data = new Float32Array(height * width * 12);
  const at = (x: number, y: number, c: number) =>
    x < 0 || y < 0 ? 0 : (input[(y * width + x) * 3 + c] ?? 0);
  for (let y = 0; y < 2 * height; y++)
    for (let x = 0; x < 2 * width; x++)
      for (let c = 0; c < 3; c++)
        data[(y * 2 * width + x) * 3 + c] =
          at((x >> 1) - margin, y >> 1, c) + at(x >> 1, (y >> 1) - margin, c);
  return [{ data, dims: [1, 2 * height, 2 * width, 3] }];
};

it('joined tiles are what the whole picture gives', async () => {
  const [width, height] = [67, 45];
  const picture: Pixels = {
    width,
    height,
    data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : (i * 31) % 100,
    ),
  };
  const steps: string[] = [];
  const tiled = await upscale(picture, sees, {
    window: 32,
    onStep: (done, all) => steps.push(`${done}/${all}`),
  });
  const whole = await upscale(picture, sees, { window: 100 });
  expect([tiled.width, tiled.height]).toEqual([134, 90]);
  const other = tiled.data.findIndex((value, i) => value !== whole.data[i]);
  expect(other, 'first byte that differs').toBe(-1);
  expect(steps.at(-1)).toBe(`${steps.length}/${steps.length}`);
  // Pixel (40, 30) of the result: what lies at (20 − 10, 15) and at (20, 15 − 10).
  const value = (x: number, y: number) => picture.data[(y * width + x) * 4] ?? 0;
  expect(whole.data[(30 * 134 + 40) * 4]).toBe(value(10, 15) + value(20, 5));
});
