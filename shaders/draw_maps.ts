/**
 * Draws channels of an image tensor as a grid of maps, or three of them as one picture: pixels of
 * four bytes, in rows as far apart as a copy to a texture wants them.
 *
 * One invocation makes one pixel. Bindings: `source`, a linear tensor; `extents`, the (smallest,
 * largest) value of the colours' ends, one pair or one for each channel; `palette`, the colours;
 * `channels`, those to draw, in order; `result`.
 */

import { defineKernel } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

export type DrawMapsVariant = {
  /** `maps` takes each channel's colours from the palette; `rgb` takes channels for colours. */
  readonly colors: 'maps' | 'rgb';
};

const variants: readonly DrawMapsVariant[] = [{ colors: 'maps' }, { colors: 'rgb' }];

export const drawMaps = defineKernel({
  name: 'draw_maps',
  variants: () => variants,
  uniforms: {
    /** Pixels: width × height. */
    count: 'u32',
    width: 'u32',
    /** Pixels from one row of `result` to the next. */
    pitch: 'u32',
    maps: 'u32',
    /** Maps beside each other. */
    columns: 'u32',
    mapWidth: 'u32',
    mapHeight: 'u32',
    /** Pixels between maps. */
    gap: 'u32',
    /** Pixels of an element along each axis. */
    scale: 'u32',
    /** Of the first element to draw, and how far channels, rows and columns are apart. */
    start: 'u32',
    channelStride: 'u32',
    rowStride: 'u32',
    columnStride: 'u32',
    /** 1: each channel has its own extent. */
    perChannel: 'u32',
    /** 1: an extent is widened to reach as far below zero as above. */
    symmetric: 'u32',
    /** Index of the palette's last colour. */
    last: 'f32',
    gapColor: 'u32',
    nanColor: 'u32',
    /** 1: blue first, as some canvases have it. */
    blueFirst: 'u32',
  },
  bindings: () => [
    { name: 'source', access: 'read', type: 'array<f32>' },
    { name: 'extents', access: 'read', type: 'array<vec2<f32>>' },
    { name: 'palette', access: 'read', type: 'array<u32>' },
    { name: 'channels', access: 'read', type: 'array<u32>' },
    { name: 'result', access: 'read_write', type: 'array<u32>' },
  ],
  workgroupSize: () => lineSize,
  wgsl: ({ colors }) => wgsl`
${lineMain}
${nanFunctions}
fn level(value: f32, channel: u32) -> u32 {
  let extent = extents[channel * u.perChannel];
  let reach = max(abs(extent.x), abs(extent.y));
  let isSymmetric = u.symmetric == 1u;
  let low = select(extent.x, -reach, isSymmetric);
  let span = select(extent.y, reach, isSymmetric) - low;
  // Where all values are one, or none is finite, it is the lowest colour, or the middle.
  let isPoint = !(span > 0.0) || extent.x > extent.y;
  let share = select((value - low) / span, select(0.0, 0.5, isSymmetric), isPoint);
  return u32(clamp(share * u.last + 0.5, 0.0, u.last));
}
fn color(map: u32, y: u32, x: u32) -> u32 {
  let at = u.start + y * u.rowStride + x * u.columnStride;
#if ${colors === 'maps'}
  let channel = channels[map];
  let value = source[at + channel * u.channelStride];
  if (isNan(value)) {
    return u.nanColor;
  }
  return palette[level(value, channel)];
#else
  var pixel = 0xff000000u;
  for (var lane = 0u; lane < 3u; lane++) {
    let channel = channels[lane];
    let value = source[at + channel * u.channelStride];
    if (isNan(value)) {
      return u.nanColor;
    }
    pixel |= level(value, channel) << (8u * lane);
  }
  return pixel;
#endif
}
fn invocation(index: u32) {
  let x = index % u.width;
  let y = index / u.width;
  let size = vec2<u32>(u.mapWidth, u.mapHeight) * u.scale;
  let cell = vec2<u32>(x, y) / (size + u.gap);
  let inside = vec2<u32>(x, y) % (size + u.gap);
  let map = cell.y * u.columns + cell.x;
  var pixel = u.gapColor;
  if (all(inside < size) && cell.x < u.columns && map < u.maps) {
    pixel = color(map, inside.y / u.scale, inside.x / u.scale);
  }
  if (u.blueFirst == 1u) {
    pixel = (pixel & 0xff00ff00u) | ((pixel & 0xffu) << 16u) | ((pixel >> 16u) & 0xffu);
  }
  result[y * u.pitch + x] = pixel;
}
`,
});
