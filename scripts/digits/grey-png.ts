/** Grey pictures as PNG. */

import { PNG } from 'pngjs';

/** 8-bit grey values, row after row. */
export function encodeGrey(pixels: Uint8Array, width: number): Uint8Array {
  const png = new PNG({ width, height: pixels.length / width });
  png.data = Buffer.from(pixels);
  return PNG.sync.write(png, { colorType: 0, inputColorType: 0, bitDepth: 8 });
}
