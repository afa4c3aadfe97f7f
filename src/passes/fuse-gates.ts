/** x · f(x) where that is an activation itself: Sigmoid and Mul are Swish, for a producer to take. */

import { sameDims } from '../core/shape.ts';
import { consumersOf, type Graph, type Node, originsOf, producersOf } from '../graph/graph.ts';
import { buildNode, type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { factsOf } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';

/** Only where nobody else reads f(x). Needs types. */
export function fuseGates(graph: Graph, find: OperatorLookup = findOperator): Graph {
  const consumers = consumersOf(graph);
  const producers = producersOf(graph);
  const outputs = new Set(graph.outputs);
  const gone = new Set<Node>();

  /** The activation that the product is, if it is one. */
  const gated = (product: Node): Node | undefined => {
    if (!requireOperator(product, find).traits.multiplies || product.inputs.length !== 2) return;
    for (const [at, value] of product.inputs.entries()) {
      const x = product.inputs[1 - at] as string;
      const gate = producers.get(value);
      if (!gate || gate.inputs[0] !== x || outputs.has(value)) continue;
      const facts = factsOf(gate, graph);
      const op = facts && requireOperator(gate, find).traits.gates?.(facts);
      const types = [graph.types.get(x), graph.types.get(value)];
      const fits = sameDims(types[0]?.dims ?? [], types[1]?.dims ?? []);
      if (op === undefined || !fits || consumers.get(value)?.length !== 1 || !find(op)) continue;
      gone.add(gate);
      const { name } = product;
      return {
        ...buildNode({ name, op, inputs: [x], outputs: product.outputs }, find),
        origin: originsOf([gate, product]),
      };
    }
    return undefined;
  };

  const nodes = graph.nodes.map((node) => gated(node) ?? node);
  return { ...graph, nodes: nodes.filter((node) => !gone.has(node)) };
}
