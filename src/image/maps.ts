/** How the channels of a tensor become a grid of maps: options, their defaults, the geometry. */

import { WgconvError } from '../core/errors.ts';
import { formatDims } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { wholeNumber } from './checks.ts';
import { type Color, type ColorMap, checkColor, paletteOf } from './color-map.ts';
import { type ImageLayout, type ImageView, viewImage } from './view.ts';

export interface MapOptions {
  /** Order of the tensor's axes; `NCHW` where left out. */
  readonly layout?: ImageLayout | undefined;
  /** Which image of the batch; the first where left out. */
  readonly batch?: number | undefined;
  /** One channel, or several in this order; all where left out. */
  readonly channels?: number | readonly number[] | undefined;
  /** Maps beside each other; as many as make the grid nearly square where left out. */
  readonly columns?: number | undefined;
  /** Pixels between maps; 1 where left out. */
  readonly gap?: number | undefined;
  /** Colour of what no map covers; transparent where left out. */
  readonly gapColor?: Color | undefined;
  /** Pixels of a value along each axis; 1 where left out (let the style sheet enlarge it). */
  readonly scale?: number | undefined;
  /**
   * Values of the first and the last colour: fixed, or those of the whole image (`tensor`, where left
   * out), or of each channel by itself. What is measured leaves NaN and infinities out, and for the
   * map `diverging` reaches as far below zero as above.
   */
  readonly range?: readonly [number, number] | 'tensor' | 'channel' | undefined;
  /** `rgb` makes one picture of three channels; `viridis` where left out. */
  readonly colorMap?: ColorMap | 'rgb' | undefined;
}

/** Where the maps are: map i is in row ⌊i / columns⌋ and column i mod columns. Sizes in pixels. */
export interface MapGrid {
  readonly width: number;
  readonly height: number;
  /** The channel of each map; of a picture, its three channels. */
  readonly channels: readonly number[];
  readonly columns: number;
  readonly rows: number;
  /** One map's own size, without the gap that follows. */
  readonly mapWidth: number;
  readonly mapHeight: number;
  readonly gap: number;
  readonly scale: number;
}

/** All that drawing needs to know besides the values. */
export interface MapDrawing {
  readonly view: ImageView;
  readonly grid: MapGrid;
  readonly maps: number;
  readonly palette: Uint8ClampedArray;
  readonly rgb: boolean;
  readonly gapColor: Color;
  readonly range: readonly [number, number] | 'tensor' | 'channel';
  readonly symmetric: boolean;
}

/** The types see to it that none is forgotten. */
export const mapOptions: Readonly<Record<keyof MapOptions, true>> = {
  ...{ layout: true, batch: true, channels: true, columns: true, gap: true, gapColor: true },
  ...{ scale: true, range: true, colorMap: true },
};

/** @throws WgconvError `invalid-argument`, `wrong-shape` */
export function planMaps(tensor: Pick<Tensor, 'dims'>, options: MapOptions): MapDrawing {
  const { colorMap = 'viridis', gap = 1, scale = 1, range = 'tensor' } = options;
  const view = viewImage(tensor, options.layout, options.batch);
  const channels = chosenChannels(tensor, view, options.channels);
  const rgb = colorMap === 'rgb';
  if (rgb && channels.length !== 3) {
    throw new WgconvError(
      'wrong-shape',
      `the colour map 'rgb' takes 3 channels, but ${channels.length} of ${formatDims(tensor.dims)} ` +
        'are to be drawn; choose them, as { channels: [0, 1, 2] }',
    );
  }
  const maps = rgb ? 1 : channels.length;
  wholeNumber('columns', options.columns ?? 1, 1);
  wholeNumber('gap', gap, 0);
  wholeNumber('scale', scale, 1);
  checkRange(range);
  const columns = Math.min(options.columns ?? Math.ceil(Math.sqrt(maps)), maps);
  const rows = Math.ceil(maps / columns);
  const mapWidth = view.width * scale;
  const mapHeight = view.height * scale;
  return {
    view,
    maps,
    rgb,
    range,
    grid: {
      width: columns * (mapWidth + gap) - gap,
      height: rows * (mapHeight + gap) - gap,
      ...{ channels, columns, rows, mapWidth, mapHeight, gap, scale },
    },
    palette: paletteOf(rgb ? 'gray' : colorMap),
    gapColor: checkColor(options.gapColor ?? [0, 0, 0, 0]),
    symmetric: colorMap === 'diverging' && typeof range === 'string',
  };
}

/** The channel drawn at a pixel and the place in it, or undefined in a gap. */
export function valueAt(
  { channels, columns, mapWidth, mapHeight, gap, scale }: MapGrid,
  x: number,
  y: number,
): { readonly channel: number; readonly x: number; readonly y: number } | undefined {
  const column = Math.floor(x / (mapWidth + gap));
  const row = Math.floor(y / (mapHeight + gap));
  const inX = x - column * (mapWidth + gap);
  const inY = y - row * (mapHeight + gap);
  const channel = column < columns ? channels[row * columns + column] : undefined;
  if (x < 0 || y < 0 || inX >= mapWidth || inY >= mapHeight || channel === undefined) {
    return undefined;
  }
  return { channel, x: Math.floor(inX / scale), y: Math.floor(inY / scale) };
}

function chosenChannels(
  { dims }: Pick<Tensor, 'dims'>,
  view: ImageView,
  chosen: MapOptions['channels'],
): readonly number[] {
  const channels =
    chosen === undefined
      ? Array.from({ length: view.channels }, (_, channel) => channel)
      : typeof chosen === 'number'
        ? [chosen]
        : [...chosen];
  if (channels.length === 0) {
    throw new WgconvError(
      'invalid-argument',
      'channels is an empty list: there is nothing to draw',
    );
  }
  const missing = channels.find(
    (channel) => !Number.isInteger(channel) || channel < 0 || channel >= view.channels,
  );
  if (missing !== undefined) {
    throw new WgconvError(
      'wrong-shape',
      `there is no channel ${missing}: a tensor of the shape ${formatDims(dims)} has ` +
        `${view.channels} of ${view.height}×${view.width}. Is its layout the other one?`,
    );
  }
  return channels;
}

function checkRange(range: NonNullable<MapOptions['range']>): void {
  if (range === 'tensor' || range === 'channel') return;
  const [low, high] = Array.isArray(range) ? range : [1, 0];
  if (Number.isFinite(low) && Number.isFinite(high) && low < high) return;
  throw new WgconvError(
    'invalid-argument',
    `a range is 'tensor', 'channel' or two numbers, the smaller first, not ${JSON.stringify(range)}`,
  );
}
