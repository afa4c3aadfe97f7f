/** What bounds a node's result, by the accuracy classes of the model's own nodes in it. */

import type { Graph, Node } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import type { Accuracy } from '../ops/operator.ts';

/** How a node's result is judged: the loosest class among a fused node's originals. */
export function accuracyOf(node: Node, graph: Graph): Accuracy {
  const classes = (node.origin ?? [node]).map((original) => {
    const { accuracy } = requireOperator(original);
    if (typeof accuracy !== 'function') return accuracy;
    const outputs = original.outputs.map((name) => graph.types.get(name)).filter((type) => !!type);
    return accuracy(original.attributes, outputs);
  });
  for (const kind of ['discrete', 'sum', 'function'] as const)
    if (classes.includes(kind)) return kind;
  return 'exact';
}
