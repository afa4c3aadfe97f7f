/** Numbers become colours: steps between the colours of a named map, or of the caller's own. */

import { WgconvError } from '../core/errors.ts';

/** Red, green, blue and, unless it is opaque, alpha, each in [0, 255]. */
export type Color =
  | readonly [red: number, green: number, blue: number]
  | readonly [red: number, green: number, blue: number, alpha: number];

/**
 * `gray` from black to white; `diverging` from blue through white to red, with zero in the middle
 * where the range is measured; `viridis`, even to the eye from dark to bright; or colours at even
 * distances of one's own, as `[[255, 0, 0, 0], [255, 0, 0, 160]]` for a mask over a picture.
 */
export type ColorMap = 'gray' | 'diverging' | 'viridis' | readonly Color[];

const named: Readonly<Record<string, string>> = {
  gray: '000000 ffffff',
  // ColorBrewer's RdBu of eleven classes (Brewer, Harrower; Apache 2.0) from its blue end, with pure
  // white in the middle: no value is no ink.
  diverging: '053061 2166ac 4393c3 92c5de d1e5f0 ffffff fddbc7 f4a582 d6604d b2182b 67001f',
  // Sixteenths of matplotlib's map (Smith, van der Walt; CC0).
  viridis:
    '440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1fa088 28ae80 3fbc73 5ec962 ' +
    '84d44b addc30 d8e219 fde725',
};

/** What NaN looks like in every map: a colour that none of them has. */
export const nanColor: Color = [255, 0, 255];

/**
 * RGBA of 256 steps, or of 255 where a map has a middle, which is then a step of its own; alpha not
 * multiplied in.
 * @throws WgconvError `invalid-argument` where there is no such map, or a colour is none
 */
export function paletteOf(map: ColorMap): Uint8ClampedArray {
  const colors = typeof map === 'string' ? parse(map) : map;
  if (!Array.isArray(colors) || colors.length < 1) {
    const names = Object.keys(named).map((name) => `'${name}'`);
    throw new WgconvError(
      'invalid-argument',
      `there is no colour map ${JSON.stringify(map)}; use ${names.join(', ')}, or a list of colours`,
    );
  }
  for (const color of colors) checkColor(color);
  const steps = colors.length % 2 === 0 ? 256 : 255;
  const palette = new Uint8ClampedArray(steps * 4);
  for (let step = 0; step < steps; step++) {
    const place = (step / (steps - 1)) * (colors.length - 1);
    const from = colors[Math.floor(place)] as Color;
    const to = colors[Math.ceil(place)] as Color;
    const share = place - Math.floor(place);
    for (let lane = 0; lane < 4; lane++) {
      palette[step * 4 + lane] = (from[lane] ?? 255) * (1 - share) + (to[lane] ?? 255) * share;
    }
  }
  return palette;
}

/** @throws WgconvError `invalid-argument` where it is no colour */
export function checkColor(color: Color): Color {
  const isColor =
    Array.isArray(color) &&
    (color.length === 3 || color.length === 4) &&
    color.every((value) => value >= 0 && value <= 255);
  if (isColor) return color;
  throw new WgconvError(
    'invalid-argument',
    `${JSON.stringify(color)} is no colour: it takes red, green, blue and perhaps alpha, each from 0 to 255`,
  );
}

/** The word of four bytes that a canvas keeps for a colour: red lowest, alpha multiplied in. */
export function premultipliedWord([red, green, blue, alpha = 255]: Color): number {
  const lane = (value: number, at: number) => Math.round((value * alpha) / 255) << at;
  return (lane(red, 0) | lane(green, 8) | lane(blue, 16) | (Math.round(alpha) << 24)) >>> 0;
}

function parse(name: string): Color[] | undefined {
  if (!Object.hasOwn(named, name)) return undefined;
  return named[name]?.split(' ').map((hex) => {
    const value = Number.parseInt(hex, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  });
}
