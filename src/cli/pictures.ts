/** PNG and JPEG files → pixels, in Node, so that every backend and browser sees the same ones. */

import { readFileSync } from 'node:fs';
import { decode } from 'jpeg-js';
import { PNG } from 'pngjs';
import { WgconvError } from '../core/errors.ts';
import type { Picture } from '../image/resample.ts';
import { UsageError } from './failure.ts';

/**
 * @throws UsageError where there is no such file
 * @throws WgconvError `invalid-image` where the file is no picture, or a broken one
 */
export function readPicture(file: string): Picture {
  return decodePicture(readBytes(file, 'picture'), file);
}

/** The file's bytes; `what` says what it was meant to be. */
export function readBytes(file: string, what: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UsageError(`the ${what} "${file}" does not exist`);
    if (code === 'EISDIR')
      throw new UsageError(`the ${what} "${file}" is a folder; name a file in it`);
    throw new UsageError(`the ${what} "${file}" cannot be read: ${message}`);
  }
}

/** `name` is said in errors. */
export function decodePicture(bytes: Uint8Array, name: string): Picture {
  const fail = (message: string, cause?: unknown): never => {
    throw new WgconvError('invalid-image', `the picture "${name}" ${message}`, { cause });
  };
  if (bytes.length === 0) return fail('is empty: the file has 0 bytes');
  const kind = kindOf(bytes);
  if (kind === 'png' || kind === 'jpeg') {
    try {
      return kind === 'png' ? decodePng(bytes) : decodeJpeg(bytes);
    } catch (error) {
      return fail(
        `is a ${kind.toUpperCase()} file that cannot be decoded: ${(error as Error).message}`,
        error,
      );
    }
  }
  return fail(
    kind === undefined
      ? 'is neither a PNG nor a JPEG file'
      : `is a ${kind} file; save it as PNG or JPEG`,
  );
}

function kindOf(bytes: Uint8Array): string | undefined {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (text(0, 4) === '\x89PNG') return 'png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (text(0, 4) === 'GIF8') return 'GIF';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'WebP';
  if (text(4, 8) === 'ftyp') return 'HEIF or AVIF';
  if (text(0, 2) === 'BM') return 'BMP';
  return text(0, 4) === 'II*\0' || text(0, 4) === 'MM\0*' ? 'TIFF' : undefined;
}

function decodePng(bytes: Uint8Array): Picture {
  // The bit depth stands in the first chunk; pngjs gives 16-bit samples only where asked for them.
  const deep = bytes[24] === 16;
  const png = PNG.sync.read(Buffer.from(bytes), { skipRescale: deep });
  const samples: ArrayLike<number> = png.data;
  return opaque(png.width, png.height, samples, deep ? 65535 : 255);
}

function decodeJpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = decode(bytes, {
    useTArray: true,
    tolerantDecoding: false,
    maxMemoryUsageInMB: 2048,
  });
  return turned(opaque(width, height, data, 255), orientationOf(bytes));
}

/** RGBA samples in [0, max] → RGB over white, which is what a page shows behind a picture. */
function opaque(width: number, height: number, rgba: ArrayLike<number>, max: number): Picture {
  const pixels = new Float32Array(width * height * 3);
  const scale = 255 / max;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = (rgba[pixel * 4 + 3] as number) / max;
    for (let channel = 0; channel < 3; channel++) {
      const value = (rgba[pixel * 4 + channel] as number) * scale;
      pixels[pixel * 3 + channel] = alpha === 1 ? value : value * alpha + 255 * (1 - alpha);
    }
  }
  return { width, height, pixels };
}

/**
 * EXIF's orientation, 1 to 8: how a camera was held (Exif 2.3, tag 0x0112). 1 where the file
 * does not say.
 */
export function orientationOf(jpeg: Uint8Array): number {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
  // Segments: 0xff, kind, length of the rest; the picture itself begins with 0xffda.
  for (let at = 2; at + 4 <= jpeg.length && view.getUint8(at) === 0xff; ) {
    const kind = view.getUint8(at + 1);
    const length = view.getUint16(at + 2);
    if (kind === 0xda) return 1;
    const isExif = kind === 0xe1 && length >= 16 && at + 2 + length <= jpeg.length;
    if (isExif && view.getUint32(at + 4) === 0x45786966) {
      return orientationIn(new DataView(jpeg.buffer, jpeg.byteOffset + at + 10, length - 8));
    }
    at += 2 + length;
  }
  return 1;
}

/** `view` is the TIFF structure inside EXIF: byte order, then a list of 12-byte entries. */
function orientationIn(view: DataView): number {
  const little = view.getUint16(0) === 0x4949;
  const start = view.getUint32(4, little);
  if (start + 2 > view.byteLength) return 1;
  const count = view.getUint16(start, little);
  for (let entry = 0; entry < count; entry++) {
    const at = start + 2 + entry * 12;
    if (at + 12 > view.byteLength) return 1;
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** The picture as it is meant to be looked at. */
function turned(picture: Picture, orientation: number): Picture {
  if (orientation === 1) return picture;
  const { width, height, pixels } = picture;
  const swapped = orientation >= 5;
  const result = {
    width: swapped ? height : width,
    height: swapped ? width : height,
    pixels: new Float32Array(pixels.length),
  };
  for (let y = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      // 5 and 7 mirror along a diagonal, 6 and 8 turn by a quarter.
      let [column, row] = swapped ? [y, x] : [x, y];
      if ([2, 3, 7, 8].includes(orientation)) column = width - 1 - column;
      if ([3, 4, 6, 7].includes(orientation)) row = height - 1 - row;
      const from = (row * width + column) * 3;
      result.pixels.set(pixels.subarray(from, from + 3), (y * result.width + x) * 3);
    }
  }
  return result;
}
