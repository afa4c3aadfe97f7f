/** Col2Im's attributes, and where its blocks lie. */

import type { WindowAttributes } from '../window.ts';
import { resolveWindow, windowOutput } from '../window.ts';

export type Col2ImAttributes = Pick<WindowAttributes, 'strides' | 'dilations' | 'pads'>;

/** One number for each spatial axis. */
export interface ColumnGeometry {
  /** Positions of the block. */
  readonly columns: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padBegin: readonly number[];
}

export function columnGeometry(
  image: readonly number[],
  block: readonly number[],
  attributes: Col2ImAttributes,
): ColumnGeometry {
  const window = { ...attributes, kernelShape: block, autoPad: 'NOTSET' as const };
  const columns = windowOutput(image, block, window) as number[];
  return { columns, ...resolveWindow(image, block, window) };
}
