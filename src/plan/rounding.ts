/**
 * How exact the sums of a graph must be. Algorithms such as Winograd's F(4×4, 3×3) round a few times
 * more than the plain sum. Where sums over whole planes follow, as in a classifier, that is averaged
 * away. In a network that makes pictures of pictures every rounding is seen in some pixel, and what
 * a chain of sums adds up to is held against a relative tolerance.
 */

import { isStatic, sizeOf } from '../core/shape.ts';
import type { Graph } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';

/** Results of so much of the inputs' size are pictures: a map of depths has a third. */
const pictureShare = 1 / 4;

/** How many of the nodes are convolutions and products: a graph of one is no network. */
export function sumsOf(graph: Graph): number {
  return graph.nodes.filter((node) => requireOperator(node).traits.macs !== undefined).length;
}

/** Whether several sums in a row lead to results that are as large as pictures. */
export function needsPlainRounding(graph: Graph): boolean {
  const elements = (name: string): number => {
    const type = graph.types.get(name);
    return type && isStatic(type) ? sizeOf(type.dims) : 0;
  };
  const total = (names: readonly string[]) => names.reduce((sum, name) => sum + elements(name), 0);
  const inputs = graph.inputs.map(({ name }) => name);
  return sumsOf(graph) > 1 && total(graph.outputs) >= pictureShare * total(inputs);
}
