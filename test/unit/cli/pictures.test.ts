/** PNG and JPEG files of every kind become the same RGB values, or a sentence that says why not. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { encode } from 'jpeg-js';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/cli/failure.ts';
import { decodePicture, orientationOf, readPicture } from '../../../src/cli/pictures.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgconv-pictures-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A PNG chunk: length, kind, data, CRC-32. */
function chunk(kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A PNG of one row, whose samples lie as `row` says. */
function png(
  width: number,
  bitDepth: number,
  colourType: number,
  row: readonly number[],
  extra: readonly Buffer[] = [],
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(1, 4);
  header.set([bitDepth, colourType, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', deflateSync(Buffer.from([0, ...row]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('PNG', () => {
  test('RGB', () => {
    const { width, height, pixels } = decodePicture(png(2, 8, 2, [1, 2, 3, 250, 251, 252]), 'x');
    expect([width, height]).toEqual([2, 1]);
    expect([...pixels]).toEqual([1, 2, 3, 250, 251, 252]);
  });

  test('gray, 8 bits and 1 bit', () => {
    expect([...decodePicture(png(1, 8, 0, [77]), 'x').pixels]).toEqual([77, 77, 77]);
    const bits = decodePicture(png(2, 1, 0, [0b01000000]), 'x').pixels;
    expect([...bits]).toEqual([0, 0, 0, 255, 255, 255]);
  });

  test('palette', () => {
    const palette = chunk('PLTE', Buffer.from([10, 20, 30, 40, 50, 60]));
    const { pixels } = decodePicture(png(2, 8, 3, [1, 0], [palette]), 'x');
    expect([...pixels]).toEqual([40, 50, 60, 10, 20, 30]);
  });

  test('16 bits keep their fractions', () => {
    const { pixels } = decodePicture(png(1, 16, 2, [0x80, 0x00, 0xff, 0xff, 0x00, 0x01]), 'x');
    expect(pixels[0]).toBeCloseTo(0x8000 / 257, 4);
    expect(pixels[1]).toBe(255);
    expect(pixels[2]).toBeCloseTo(1 / 257, 6);
    const gray = decodePicture(png(1, 16, 0, [0x40, 0x20]), 'x').pixels;
    expect(gray[2]).toBeCloseTo(0x4020 / 257, 4);
  });

  test('what is transparent lies on white', () => {
    const { pixels } = decodePicture(png(2, 8, 6, [0, 100, 255, 0, 0, 100, 255, 51]), 'x');
    expect([...pixels.subarray(0, 3)]).toEqual([255, 255, 255]);
    // alpha 51/255 = 0.2: 0.2 · 0 + 0.8 · 255, 0.2 · 100 + 0.8 · 255
    expect(pixels[3]).toBeCloseTo(204, 3);
    expect(pixels[4]).toBeCloseTo(224, 3);
    expect(pixels[5]).toBeCloseTo(255, 3);
  });
});

/** A 2×1 JPEG, its left pixel black and the right one white, with EXIF's orientation. */
function jpeg(orientation?: number): Uint8Array {
  // Whole 8×8 blocks of one colour survive the compression.
  const width = 16;
  const data = Buffer.alloc(width * 8 * 4, 255);
  for (let y = 0; y < 8; y++) data.fill(0, y * width * 4, y * width * 4 + 32);
  const file = encode({ width, height: 8, data }, 95).data;
  if (orientation === undefined) return file;
  const exif = Buffer.from([
    ...[0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0],
    // TIFF, big-endian: one entry, tag 0x0112, type SHORT, count 1.
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1],
    ...[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0],
  ]);
  return Buffer.concat([file.subarray(0, 2), exif, file.subarray(2)]);
}

describe('JPEG', () => {
  test('is decoded', () => {
    const { width, height, pixels } = decodePicture(jpeg(), 'x');
    expect([width, height]).toEqual([16, 8]);
    expect(pixels[0]).toBeLessThan(3);
    expect(pixels[15 * 3]).toBeGreaterThan(252);
  });

  test.each([
    [1, 16, 'left'],
    [2, 16, 'right'],
    [3, 16, 'right'],
    [4, 16, 'left'],
    [5, 8, 'top'],
    [6, 8, 'top'],
    [7, 8, 'bottom'],
    [8, 8, 'bottom'],
  ])(
    'EXIF orientation %i puts the dark half of the picture where it belongs',
    (value, width, side) => {
      const file = jpeg(value);
      expect(orientationOf(file)).toBe(value);
      const picture = decodePicture(file, 'x');
      expect(picture.width).toBe(width);
      const at = (x: number, y: number) => picture.pixels[(y * picture.width + x) * 3] as number;
      const last = [picture.width - 1, picture.height - 1] as const;
      const dark = {
        left: at(0, last[1]) < 9 && at(0, 0) < 9 && at(last[0], 0) > 240,
        right: at(last[0], last[1]) < 9 && at(last[0], 0) < 9 && at(0, 0) > 240,
        top: at(0, 0) < 9 && at(last[0], 0) < 9 && at(0, last[1]) > 240,
        bottom: at(0, last[1]) < 9 && at(last[0], last[1]) < 9 && at(0, 0) > 240,
      };
      expect(Object.entries(dark).filter(([, is]) => is)).toEqual([[side, true]]);
    },
  );
});

describe('files that are no pictures', () => {
  const whole = PNG.sync.write(new PNG({ width: 4, height: 4 }));

  test.each([
    ['empty', new Uint8Array(0), 'is empty: the file has 0 bytes'],
    ['text', new TextEncoder().encode('hello'), 'is neither a PNG nor a JPEG file'],
    ['a GIF', new TextEncoder().encode('GIF89a....'), 'is a GIF file; save it as PNG or JPEG'],
    ['a PNG cut off', whole.subarray(0, whole.length - 20), 'is a PNG file that cannot be decoded'],
    ['a JPEG cut off', jpeg().subarray(0, 60), 'is a JPEG file that cannot be decoded'],
  ])('%s', (_, bytes, message) => {
    const file = join(folder, 'picture');
    writeFileSync(file, bytes);
    expect(() => readPicture(file)).toThrow(expect.objectContaining({ code: 'invalid-image' }));
    expect(() => readPicture(file)).toThrow(message);
  });

  test('absent, or a folder', () => {
    expect(() => readPicture(join(folder, 'absent.png'))).toThrow(UsageError);
    expect(() => readPicture(join(folder, 'absent.png'))).toThrow('does not exist');
    expect(() => readPicture(folder)).toThrow('is a folder');
  });
});
