/** Multiply-adds: what says how much of a plan one node is. */

import { isStatic } from '../core/shape.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';

/** Multiply-adds of one node; for a fusion, of the originals that have any. */
export function macsOf(node: Node, graph: Graph): number {
  const own = node.origin ?? [node];
  return own.reduce((sum, original) => {
    const types = [...original.inputs, ...original.outputs].map((name) => graph.types.get(name));
    if (types.some((type) => type && !isStatic(type))) return sum;
    const facts = {
      attributes: original.attributes,
      inputs: original.inputs.map((name) => graph.types.get(name) ?? graph.constants.get(name)),
      outputs: original.outputs.flatMap((name) => graph.types.get(name) ?? []),
      constant: (index: number) => graph.constants.get(original.inputs[index] ?? ''),
    };
    return sum + (requireOperator(original).traits.macs?.(facts) ?? 0);
  }, 0);
}

/** Whether one node does nearly all that the graph computes. */
export function isOneNode(graph: Graph): boolean {
  const macs = graph.nodes.map((node) => macsOf(node, graph));
  const sum = macs.reduce((total, own) => total + own, 0);
  return Math.max(...macs) > 0.95 * sum;
}
