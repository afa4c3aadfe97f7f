/** Draws maps on the CPU: the loops that the kernel `draw_maps` does on the GPU. */

import { type Color, nanColor } from './color-map.ts';
import type { MapDrawing } from './maps.ts';
import type { ImageView } from './view.ts';

/** (smallest, largest), the first above the second where there is no finite value. */
type Extent = readonly [number, number];

/** RGBA, alpha not multiplied in, row by row. */
export function drawPixels(values: ArrayLike<number>, drawing: MapDrawing): Uint8ClampedArray {
  const { view, grid, maps, palette, rgb } = drawing;
  const { width, height, channels, columns, mapWidth, mapHeight, gap, scale } = grid;
  const pixels = new Uint8ClampedArray(width * height * 4);
  const extents = extentsOf(values, drawing);
  const last = palette.length / 4 - 1;
  const level = (channel: number, value: number) =>
    levelOf(value, extents[channel % extents.length] as Extent, drawing.symmetric, last);
  const put = (at: number, color: Color) => {
    for (let lane = 0; lane < 4; lane++) pixels[at * 4 + lane] = color[lane] ?? 255;
  };
  for (let at = 0; at < width * height; at++) put(at, drawing.gapColor);
  for (let map = 0; map < maps; map++) {
    const left = (map % columns) * (mapWidth + gap);
    const top = Math.floor(map / columns) * (mapHeight + gap);
    for (let y = 0; y < mapHeight; y++) {
      for (let x = 0; x < mapWidth; x++) {
        const place =
          view.start +
          Math.floor(y / scale) * view.rowStride +
          Math.floor(x / scale) * view.columnStride;
        const shown = (rgb ? channels : [channels[map] as number]).map((channel) => ({
          channel,
          value: values[place + channel * view.channelStride] as number,
        }));
        const at = (top + y) * width + left + x;
        const levels = shown.map(({ channel, value }) => level(channel, value));
        if (shown.some(({ value }) => Number.isNaN(value))) put(at, nanColor);
        else if (rgb) put(at, levels as unknown as Color);
        else {
          const step = (levels[0] as number) * 4;
          pixels.set(palette.subarray(step, step + 4), at * 4);
        }
      }
    }
  }
  return pixels;
}

/** The step of a palette, 0 to `last`, in float32 as on the GPU. */
function levelOf(
  value: number,
  [smallest, largest]: Extent,
  symmetric: boolean,
  last: number,
): number {
  const reach = Math.max(Math.abs(smallest), Math.abs(largest));
  const low = symmetric ? -reach : smallest;
  const span = Math.fround((symmetric ? reach : largest) - low);
  const isPoint = !(span > 0) || smallest > largest;
  const share = isPoint ? (symmetric ? 0.5 : 0) : Math.fround(Math.fround(value - low) / span);
  return Math.floor(Math.min(Math.max(Math.fround(share * last + 0.5), 0), last));
}

/** One for all channels, or one each. */
function extentsOf(values: ArrayLike<number>, { view, range }: MapDrawing): Extent[] {
  if (typeof range !== 'string') return [[Math.fround(range[0]), Math.fround(range[1])]];
  const each = Array.from({ length: view.channels }, (_, channel) =>
    extentOf(values, view, channel),
  );
  if (range === 'channel') return each;
  return [each.reduce(([a, b], [low, high]) => [Math.min(a, low), Math.max(b, high)])];
}

function extentOf(values: ArrayLike<number>, view: ImageView, channel: number): Extent {
  let [low, high] = [Number.MAX_VALUE, -Number.MAX_VALUE];
  for (let y = 0; y < view.height; y++) {
    for (let x = 0; x < view.width; x++) {
      const at = view.start + channel * view.channelStride + y * view.rowStride;
      const value = values[at + x * view.columnStride] as number;
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return [low, high];
}
