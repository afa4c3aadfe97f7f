/** Types of all values, as far as they follow from the inputs, whose dimensions may be symbolic. */

import { isStatic, type TensorType } from '../core/shape.ts';
import type { Graph } from '../graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { inferNode } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';

/**
 * Infers types over the whole graph. Where a shape depends on values that only `specialise` can
 * know, the model's own declaration stays if there is one; else the value has no type yet.
 *
 * @throws WgconvError `invalid-shape` and the like, naming the node, where static shapes do not fit.
 */
export function inferShapes(graph: Graph, find: OperatorLookup = findOperator): Graph {
  const types = new Map<string, TensorType>();
  for (const { name, type, dims } of graph.inputs) types.set(name, { type, dims });
  for (const [name, { type, dims }] of graph.constants) types.set(name, { type, dims });
  for (const node of graph.nodes) {
    const operator = requireOperator(node, find);
    const inputs = node.inputs.map((name) => types.get(name));
    const isKnown = (index: number) =>
      (node.inputs[index] ?? '') === '' || graph.constants.has(node.inputs[index] as string);
    const complete =
      inputs.every((type, index) => node.inputs[index] === '' || (type && isStatic(type))) &&
      (operator.traits.hostInputs ?? []).every(isKnown);
    let inferred: readonly TensorType[] = [];
    if (inputs.every((type, index) => type || node.inputs[index] === '')) {
      try {
        inferred = inferNode(node, operator, inputs, (index) =>
          graph.constants.get(node.inputs[index] ?? ''),
        );
      } catch (error) {
        // With symbols or unknown values about, an operator may be unable to say.
        if (complete) throw error;
      }
    }
    node.outputs.forEach((name, index) => {
      const type = inferred[index] ?? graph.types.get(name);
      if (type) types.set(name, type);
    });
  }
  return { ...graph, types };
}
