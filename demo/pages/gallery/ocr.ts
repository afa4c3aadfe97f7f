/** Text recognition: the detector finds lines in a picture, the recogniser reads one after another. */

import type { Quad } from './geometry.ts';
import { type Network, type OnStep, outputOf } from './network.ts';
import { detectionSize, readingOrder, textBoxes } from './ocr-detect.ts';
import { cropLine, decodeCtc, lineHeight, paddedWidth } from './ocr-recognise.ts';
import { type Normalisation, normalise, type Pixels, resize } from './pixels.ts';

export interface TextLine {
  /** In pixels of the picture. */
  readonly quad: Quad;
  readonly text: string;
  readonly confidence: number;
}

export interface TextNetworks {
  readonly detect: Network;
  readonly recognise: Network;
  readonly characters: readonly string[];
}

export interface ReadOptions {
  /** The picture is shrunk for the detector until its long side is this. */
  readonly longest: number;
  readonly onStep?: OnStep;
}

/** ImageNet's mean and deviation, which PP-OCR's detector was trained with on OpenCV's BGR. */
const detectorInput: Normalisation = {
  layout: 'NCHW',
  order: 'BGR',
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
  fill: 0,
};

const recogniserInput: Normalisation = {
  layout: 'NCHW',
  order: 'BGR',
  mean: [0.5, 0.5, 0.5],
  deviation: [0.5, 0.5, 0.5],
  fill: 0,
};

/** Below it a reading is noise: PP-OCR's `drop_score`. */
const leastConfidence = 0.5;

/** The lines of text in a picture, in reading order. */
export async function readText(
  picture: Pixels,
  { detect, recognise, characters }: TextNetworks,
  { longest, onStep }: ReadOptions,
): Promise<TextLine[]> {
  const quads = await findLines(picture, detect, longest);
  const lines: TextLine[] = [];
  for (const [i, quad] of quads.entries()) {
    onStep?.(i + 1, quads.length + 1);
    const line = cropLine(picture, quad);
    const width = paddedWidth(line.width);
    const input = normalise(line, width, lineHeight, recogniserInput);
    const { data, dims } = outputOf(await recognise(input, [1, 3, lineHeight, width]), 0);
    const reading = decodeCtc(data, dims[1] ?? 0, characters);
    if (reading.text && reading.confidence >= leastConfidence) lines.push({ quad, ...reading });
  }
  onStep?.(quads.length + 1, quads.length + 1);
  return lines;
}

/** The boxes of the lines, in pixels of the picture. */
async function findLines(picture: Pixels, detect: Network, longest: number): Promise<Quad[]> {
  const { scale, width, height } = detectionSize(picture.width, picture.height, longest);
  const [w, h] = [picture.width, picture.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number];
  const input = normalise(resize(picture, w, h), width, height, detectorInput);
  const { data } = outputOf(await detect(input, [1, 3, height, width]), 0);
  const [toX, toY] = [picture.width / w, picture.height / h];
  return readingOrder(textBoxes(data, width, height)).map(
    ({ quad }) => quad.map(({ x, y }) => ({ x: (x + 0.5) * toX, y: (y + 0.5) * toY })) as [...Quad],
  );
}
