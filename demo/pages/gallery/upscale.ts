/**
 * A picture in tiles for a network that makes it twice as large: each tile is computed with a margin
 * as wide as the network sees, so the joined tiles are what the whole picture would have given.
 */

import { type Network, type OnStep, outputOf } from './network.ts';
import type { Pixels } from './pixels.ts';

export const factor = 2;

/** How many pixels beyond a pixel the 2× network of `@upscalerjs/default-model` looks at. */
export const margin = 10;

export interface Tile {
  /** What the network gets. All windows of a picture have one size. */
  readonly window: { readonly x: number; readonly y: number };
  /** The part of the picture whose result is kept. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Tiling {
  readonly windowWidth: number;
  readonly windowHeight: number;
  readonly tiles: readonly Tile[];
}

/** The tiles of a picture, each at most `window` pixels on a side, margins included. */
export function tiling(width: number, height: number, window: number): Tiling {
  const columns = spans(width, window);
  const rows = spans(height, window);
  return {
    windowWidth: Math.min(width, window),
    windowHeight: Math.min(height, window),
    tiles: rows.flatMap((row) =>
      columns.map((column) => ({
        window: { x: column.window, y: row.window },
        x: column.start,
        y: row.start,
        width: column.length,
        height: row.length,
      })),
    ),
  };
}

/** One side of the tiles. Windows do not leave the picture: its border must be the network's. */
function spans(
  side: number,
  window: number,
): { readonly window: number; readonly start: number; readonly length: number }[] {
  if (side <= window) return [{ window: 0, start: 0, length: side }];
  const step = window - 2 * margin;
  if (step <= 0) throw new RangeError(`a window of ${window} pixels is all margin`);
  const found = [];
  for (let start = 0; start < side; ) {
    const from = Math.min(Math.max(0, start - margin), side - window);
    const end = from + window >= side ? side : from + window - margin;
    found.push({ window: from, start, length: end - start });
    start = end;
  }
  return found;
}

/** The network's input and output are bytes as numbers from 0 to 255, [1, height, width, 3]. */
export async function upscale(
  picture: Pixels,
  network: Network,
  { window, onStep }: { readonly window: number; readonly onStep?: OnStep | undefined },
): Promise<Pixels> {
  const { windowWidth, windowHeight, tiles } = tiling(picture.width, picture.height, window);
  const width = picture.width * factor;
  const height = picture.height * factor;
  // Bytes of a clamped array are rounded and kept within 0 to 255.
  const data = new Uint8ClampedArray(width * height * 4);
  for (const [i, tile] of tiles.entries()) {
    const input = new Float32Array(windowWidth * windowHeight * 3);
    for (let y = 0; y < windowHeight; y++)
      for (let x = 0; x < windowWidth; x++) {
        const from = ((y + tile.window.y) * picture.width + x + tile.window.x) * 4;
        for (let c = 0; c < 3; c++)
          input[(y * windowWidth + x) * 3 + c] = picture.data[from + c] ?? 0;
      }
    const result = outputOf(await network(input, [1, windowHeight, windowWidth, 3]), 0).data;
    for (let y = factor * tile.y; y < factor * (tile.y + tile.height); y++)
      for (let x = factor * tile.x; x < factor * (tile.x + tile.width); x++) {
        const row = y - factor * tile.window.y;
        const from = (row * windowWidth * factor + x - factor * tile.window.x) * 3;
        const to = (y * width + x) * 4;
        for (let c = 0; c < 3; c++) data[to + c] = result[from + c] ?? 0;
        data[to + 3] = 255;
      }
    onStep?.(i + 1, tiles.length);
  }
  return { width, height, data };
}
