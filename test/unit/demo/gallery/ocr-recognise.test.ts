import { expect, it } from 'vitest';
import type { Quad } from '../../../../demo/pages/gallery/geometry.ts';
import {
  cropLine,
  decodeCtc,
  paddedWidth,
  parseDictionary,
} from '../../../../demo/pages/gallery/ocr-recognise.ts';
import { cut, normalise, type Pixels, resize } from '../../../../demo/pages/gallery/pixels.ts';

/** A picture of one channel value a pixel, the same in red, green and blue. */
function gray(rows: readonly (readonly number[])[]): Pixels {
  const width = rows[0]?.length ?? 0;
  const data = new Uint8ClampedArray(rows.flat().flatMap((value) => [value, value, value, 255]));
  return { width, height: rows.length, data };
}

const reds = ({ data }: Pixels) => Array.from(data).filter((_, i) => i % 4 === 0);

it('CTC: repetitions count once, a blank parts equal characters, blanks say nothing', () => {
  const characters = ['', 'a', 'l', 'b'];
  const path = [0, 3, 3, 1, 2, 0, 2, 2, 0];
  const probabilities = path.flatMap((k) => characters.map((_, j) => (j === k ? 0.7 : 0.1)));
  const { text, confidence } = decodeCtc(probabilities, path.length, characters);
  expect(text).toBe('ball');
  expect(confidence).toBeCloseTo(0.7);
  expect(decodeCtc([1, 0, 0, 0], 1, characters)).toEqual({ text: '', confidence: 0 });
});

it('CTC: a likely gap between letters is a space, also where the blank is likelier', () => {
  const characters = ['', 'a', '文', ' '];
  /** A step of this class, with this probability of a space. */
  const step = (k: number, space: number) =>
    characters.map((_, j) => (j === k ? 0.8 : j === 3 ? space : 0));
  const read = (...steps: number[][]) => decodeCtc(steps.flat(), steps.length, characters).text;
  expect(read(step(1, 0), step(0, 0.015), step(0, 0.015), step(1, 0))).toBe('a a');
  expect(read(step(1, 0), step(0, 0.001), step(0, 0.001), step(1, 0))).toBe('aa');
  expect(read(step(1, 0), step(3, 0.8), step(0, 0.1), step(1, 0))).toBe('a a');
  expect(read(step(2, 0), step(0, 0.1), step(2, 0))).toBe('文文');
  expect(read(step(0, 0.1), step(1, 0), step(0, 0.1))).toBe('a');
});

it('the dictionary has the blank first and a space last', () => {
  expect(parseDictionary('x\r\ny\r\n')).toEqual(['', 'x', 'y', ' ']);
  expect(parseDictionary('x\ny')).toEqual(['', 'x', 'y', ' ']);
});

it('lines are padded to few widths', () => {
  expect([1, 320, 321, 700, 5000].map(paddedWidth)).toEqual([320, 320, 480, 960, 1280]);
});

it('resampling keeps a picture of its own size, and averages where it shrinks', () => {
  const picture = gray([
    [0, 40, 80, 120],
    [10, 50, 90, 130],
  ]);
  expect(reds(resize(picture, 4, 2))).toEqual(reds(picture));
  expect(reds(resize(picture, 2, 1))).toEqual([25, 105]);
});

it('a cut at a right angle is the picture turned', () => {
  const picture = gray([
    [10, 20, 30],
    [40, 50, 60],
  ]);
  // Across goes down the right side, down goes to the left.
  const turned = cut(
    picture,
    { origin: { x: 3, y: 0 }, across: { x: 0, y: 2 }, down: { x: -3, y: 0 } },
    2,
    3,
  );
  expect(reds(turned)).toEqual([30, 60, 20, 50, 10, 40]);
});

it('a line on its side is turned to be read from the top down', () => {
  const side = gray([...Array(48).fill(Array(16).fill(0)), ...Array(48).fill(Array(16).fill(255))]);
  const quad: Quad = [
    { x: 0, y: 0 },
    { x: 16, y: 0 },
    { x: 16, y: 96 },
    { x: 0, y: 96 },
  ];
  const line = cropLine(side, quad);
  expect([line.width, line.height]).toEqual([288, 48]);
  const row = reds(line).slice(0, 288);
  expect([row[0], row[100], row[187], row[287]]).toEqual([0, 0, 255, 255]);
});

it('a line that lies flat is as wide as its box, 48 high', () => {
  const quad: Quad = [
    { x: 0, y: 0 },
    { x: 4, y: 0 },
    { x: 4, y: 2 },
    { x: 0, y: 2 },
  ];
  const line = cropLine(
    gray([
      [0, 0, 255, 255],
      [0, 0, 255, 255],
    ]),
    quad,
  );
  expect([line.width, line.height]).toEqual([96, 48]);
});

it('normalising puts the picture in its corner, in the order and layout of the network', () => {
  const picture = { width: 1, height: 1, data: new Uint8ClampedArray([255, 0, 51, 255]) };
  const common = { mean: [0, 0, 0.5], deviation: [1, 1, 0.5], fill: 9 } as const;
  const close = (values: Float32Array) => Array.from(values, (v) => Number(v.toFixed(4)));
  expect(close(normalise(picture, 2, 1, { ...common, order: 'RGB', layout: 'NCHW' }))).toEqual([
    1, 9, 0, 9, -0.6, 9,
  ]);
  expect(
    close(
      normalise(picture, 2, 1, { ...common, order: 'BGR', layout: 'NHWC' }, { left: 1, top: 0 }),
    ),
  ).toEqual([9, 9, 9, 0.2, 0, 1]);
});
