/** What the reader sets for the whole page. */

import type { PoolingShape } from './graph.ts';

export type PoolingSetting = Omit<PoolingShape, 'channels' | 'width' | 'height'>;

export const kinds = ['max', 'average', 'min'] as const;
export type PoolingKind = (typeof kinds)[number];

/** ONNX's poolings want every window to see a cell of the input: pads below the window's size. */
export const mostPads = (kernel: number): number => Math.max(0, Math.min(4, kernel - 1));
