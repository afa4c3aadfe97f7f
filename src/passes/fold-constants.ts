/** Computes every node whose inputs are constants (or whose result follows from static types). */

import { breathe } from '../core/breathe.ts';
import { isStatic, type TensorType } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { findOperator } from '../ops/index.ts';
import { evaluateNode } from './evaluate-node.ts';
import { FoldBudget } from './fold-budget.ts';

/**
 * Replaces such nodes by constants, rounded to their stored type. Works before shape inference
 * too; what has no type by then waits for the next time. What the budget does not allow stays.
 */
export async function foldConstants(
  graph: Graph,
  find: OperatorLookup = findOperator,
  budget = new FoldBudget(graph),
): Promise<Graph> {
  const constants = new Map(graph.constants);
  const types = new Map(graph.types);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const operator = requireOperator(node, find);
    const inputs = node.inputs.map((name) => constants.get(name));
    const inputTypes = node.inputs.map(
      (name): TensorType | undefined => constants.get(name) ?? types.get(name),
    );
    const { typeInputs } = operator.traits;
    const foldable = node.inputs.every((name, index) => {
      const type = inputTypes[index];
      if (name === '' || inputs[index]) return true;
      return typeInputs?.includes(index) && type !== undefined && isStatic(type);
    });
    if (!foldable || !budget.allows(node, operator, inputs, inputTypes)) {
      nodes.push(node);
      continue;
    }
    await breathe();
    const outputs = await evaluateNode(node, operator, inputs, inputTypes);
    node.outputs.forEach((name, index) => {
      const tensor = outputs[index] as HostTensor;
      constants.set(name, tensor);
      types.set(name, { type: tensor.type, dims: tensor.dims });
    });
  }
  return { ...graph, nodes, constants, types };
}
