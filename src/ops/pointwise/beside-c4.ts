/** Where operands that are broadcast to an image can lie. */

import { type Dim, sameDims } from '../../core/shape.ts';
import type { Layout } from '../../graph/graph.ts';

/** Axes of size 1 in front, up to four. */
export function padDims<D extends Dim>(dims: readonly D[]): (D | 1)[] {
  return [...new Array<1>(Math.max(0, 4 - dims.length)).fill(1), ...dims];
}

/**
 * Layouts in which an operand can be read beside a C4 result of `result` dims, best first. In
 * linear layout: what gives one value to all channels, or one value a channel.
 */
export function layoutsBesideC4(dims: readonly Dim[], result: readonly Dim[]): readonly Layout[] {
  if (dims.length === 4 && sameDims(dims, result)) return ['c4'];
  const [batch, channels, height, width] = padDims(dims);
  const perChannel = batch === 1 && height === 1 && width === 1 && channels === result[1];
  const list: Layout[] = [];
  if (dims.length === 4 && (channels === result[1] || channels === 1)) list.push('c4');
  if (dims.length <= 4 && (channels === 1 || perChannel)) list.push('linear');
  return list;
}
