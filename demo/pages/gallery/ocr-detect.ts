/**
 * From the probability map of a text detector to boxes in reading order: what follows the network
 * in "Real-time Scene Text Detection with Differentiable Binarization" (Liao et al., 2020, section
 * 3.5), with the thresholds that PP-OCR ships with: https://github.com/PaddlePaddle/PaddleOCR.
 */

import { corners, grow, meanInside, type Point, type Quad, smallestRectangle } from './geometry.ts';

export interface TextBox {
  readonly quad: Quad;
  /** The mean probability of the cells in the box before it was grown. */
  readonly score: number;
}

/** The network halves its input five times, and a few sizes only keep the number of plans small. */
const sizeStep = 128;

export interface DetectionSize {
  /** Pixels of the picture to pixels of the input. */
  readonly scale: number;
  /** The input of the network; the picture lies in its top left corner. */
  readonly width: number;
  readonly height: number;
}

/** How a picture becomes the detector's input: its long side at most `longest`, padded. */
export function detectionSize(width: number, height: number, longest: number): DetectionSize {
  const scale = Math.min(1, longest / Math.max(width, height));
  const padded = (side: number) => Math.ceil((side * scale) / sizeStep) * sizeStep;
  return { scale, width: padded(width), height: padded(height) };
}

export interface TextBoxOptions {
  /** A cell is text from this probability on. */
  readonly threshold?: number;
  /** A box is kept from this mean probability on. */
  readonly boxThreshold?: number;
  /** The network predicts text shrunk: boxes grow by this times area over perimeter. */
  readonly unclipRatio?: number;
  /** Boxes whose short side is below this are noise, in cells. */
  readonly shortest?: number;
}

/** The boxes around the connected regions of text in a map of `height` × `width` probabilities. */
export function textBoxes(
  probabilities: ArrayLike<number>,
  width: number,
  height: number,
  { threshold = 0.3, boxThreshold = 0.6, unclipRatio = 1.5, shortest = 3 }: TextBoxOptions = {},
): TextBox[] {
  const boxes: TextBox[] = [];
  for (const outline of outlines(probabilities, width, height, threshold)) {
    const shrunk = smallestRectangle(outline);
    if (Math.min(shrunk.width, shrunk.height) < shortest) continue;
    const score = meanInside(probabilities, width, height, corners(shrunk));
    if (score < boxThreshold) continue;
    const area = shrunk.width * shrunk.height;
    const distance = (area * unclipRatio) / (2 * (shrunk.width + shrunk.height));
    boxes.push({ quad: corners(grow(shrunk, distance)), score });
  }
  return boxes;
}

/** Of each 8-connected region of text, the first and the last cell of every row: enough for a hull. */
function outlines(
  probabilities: ArrayLike<number>,
  width: number,
  height: number,
  threshold: number,
): Point[][] {
  const seen = new Uint8Array(width * height);
  const isText = (cell: number) => (probabilities[cell] ?? 0) > threshold;
  const found: Point[][] = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] || !isText(start)) continue;
    const rows = new Map<number, { left: number; right: number }>();
    const waiting = [start];
    seen[start] = 1;
    for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
      const x = cell % width;
      const y = (cell - x) / width;
      const row = rows.get(y);
      if (!row) rows.set(y, { left: x, right: x });
      else if (x < row.left) row.left = x;
      else if (x > row.right) row.right = x;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++)
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (seen[next] || !isText(next)) continue;
          seen[next] = 1;
          waiting.push(next);
        }
    }
    found.push(
      [...rows].flatMap(([y, { left, right }]) => [
        { x: left, y },
        { x: right, y },
      ]),
    );
  }
  return found;
}

/** Boxes line by line from the top, each line from the left. */
export function readingOrder(boxes: readonly TextBox[]): TextBox[] {
  const placed = boxes
    .map((box) => ({ box, ...extent(box.quad) }))
    .sort((a, b) => a.middle - b.middle);
  const lines: (typeof placed)[] = [];
  for (const item of placed) {
    const line = lines.at(-1);
    const first = line?.[0];
    // On one line: the middle of one lies within half the height of the other.
    if (line && first && item.middle - first.middle < Math.min(item.height, first.height) / 2)
      line.push(item);
    else lines.push([item]);
  }
  return lines.flatMap((line) => line.sort((a, b) => a.left - b.left).map(({ box }) => box));
}

function extent(quad: Quad): { left: number; middle: number; height: number } {
  const [topLeft, , , bottomLeft] = quad;
  return {
    left: Math.min(...quad.map(({ x }) => x)),
    middle: quad.reduce((sum, { y }) => sum + y, 0) / quad.length,
    height: Math.hypot(bottomLeft.x - topLeft.x, bottomLeft.y - topLeft.y),
  };
}
