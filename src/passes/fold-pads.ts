/** Zeros that a node puts around an image become padding of the windows that slide over it. */

import { type Graph, type Node, originsOf, producersOf } from '../graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { factsOf } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';

/** The padding node stays for readers that cannot pad; if there is none it is dead. Needs types. */
export function foldPads(graph: Graph, find: OperatorLookup = findOperator): Graph {
  const producers = producersOf(graph);
  const nodes = graph.nodes.map((node): Node => {
    const [padded = ''] = node.inputs;
    const pad = producers.get(padded);
    const { absorbsPads } = requireOperator(node, find).traits;
    if (!pad || !absorbsPads || node.inputs.lastIndexOf(padded) !== 0) return node;
    const padFacts = factsOf(pad, graph);
    const facts = factsOf(node, graph);
    const pads = padFacts && requireOperator(pad, find).traits.zeroPads?.(padFacts);
    const attributes = pads && facts && absorbsPads(facts, pads);
    if (!attributes) return node;
    return {
      ...node,
      attributes,
      inputs: [pad.inputs[0] as string, ...node.inputs.slice(1)],
      origin: originsOf([pad, node]),
    };
  });
  return { ...graph, nodes };
}
