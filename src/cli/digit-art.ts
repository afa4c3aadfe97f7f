/** Small pictures as text: two rows of pixels in each row of half blocks. */

import type { Picture } from '../image/resample.ts';
import { resize } from './preprocess.ts';

/** Brighter than this, of 255, is ink. */
const threshold = 96;

/** `columns` characters wide and half as many lines high. */
export function halfBlocks(picture: Picture, columns: number): string[] {
  const rows = Math.ceil(columns / 2) * 2;
  const { pixels } = resize(picture, columns, rows, 'stretch');
  const isInk = (x: number, y: number) => (pixels[(y * columns + x) * 3] as number) > threshold;
  return Array.from({ length: rows / 2 }, (_, line) =>
    Array.from({ length: columns }, (__, x) => {
      const upper = isInk(x, 2 * line);
      const lower = isInk(x, 2 * line + 1);
      return upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }).join(''),
  );
}

/** Blocks of text beside each other, as many in a row as the width holds. */
export function sideBySide(
  blocks: readonly (readonly string[])[],
  width: number,
  gap = 2,
): string[] {
  const columns = Math.max(1, ...blocks.flatMap((block) => block.map((line) => line.length)));
  const perRow = Math.max(1, Math.floor((width + gap) / (columns + gap)));
  const lines: string[] = [];
  for (let at = 0; at < blocks.length; at += perRow) {
    const group = blocks.slice(at, at + perRow);
    const height = Math.max(...group.map((block) => block.length));
    for (let line = 0; line < height; line++) {
      const parts = group.map((block) => (block[line] ?? '').padEnd(columns));
      lines.push(parts.join(' '.repeat(gap)).trimEnd());
    }
  }
  return lines;
}
