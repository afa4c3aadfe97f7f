/** Where the parts of a tensor lie in its memory, if each is one range of it that can be bound. */

import { channelBlocks } from '../../shaders/lib/layout.ts';
import { normaliseAxis, sizeOf } from '../core/shape.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import { elementBytes, elementFor } from '../ops/device-tensor.ts';
import { homeOf } from './homes.ts';

/** WebGPU's default alignment of storage buffer offsets; every device allows it. */
const storageAlignment = 256;

/**
 * Byte offsets of the parts that lie one after another along an axis of `whole`; undefined where
 * they are no ranges, where C4's blocks hold more than one, or where they cannot be bound.
 */
export function rangesAlong(
  axis: number,
  whole: string,
  parts: readonly string[],
  graph: Graph,
  caps: DeviceCaps,
): number[] | undefined {
  const type = graph.types.get(whole);
  const layoutOf = (name: string) => graph.layouts?.get(name) ?? 'linear';
  const isC4 = layoutOf(whole) === 'c4';
  if (!type || parts.some((name) => layoutOf(name) !== layoutOf(whole))) return undefined;
  const dims = type.dims as readonly number[];
  const at = normaliseAxis(axis, dims.length);
  if (sizeOf(dims.slice(0, at)) !== 1 || (isC4 && at !== 1)) return undefined;
  const width = sizeOf(dims.slice(at + 1)) * elementBytes(elementFor(type.type, caps));
  const offsets: number[] = [];
  let offset = 0;
  for (const [index, name] of parts.entries()) {
    const size = graph.types.get(name)?.dims[at] as number;
    const isLast = index === parts.length - 1;
    if (!size || offset % storageAlignment !== 0) return undefined;
    if (isC4 && size % 4 !== 0 && !isLast) return undefined;
    offsets.push(offset);
    offset += (isC4 ? channelBlocks(size) * 4 : size) * width;
  }
  return offsets;
}

/**
 * Zero-copy split: byte offsets of the outputs in the input, where the node only says which part is
 * which.
 */
export function cutOffsets(node: Node, graph: Graph, caps: DeviceCaps): number[] | undefined {
  const axis = requireOperator(node).traits.cutsAlong?.(node.attributes);
  const [whole = ''] = node.inputs;
  if (axis === undefined || graph.constants.has(whole)) return undefined;
  if (homeOf(node, graph).home !== 'device') return undefined;
  return rangesAlong(axis, whole, node.outputs, graph, caps);
}
