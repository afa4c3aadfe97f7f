/**
 * Fuses a residual add and an activation into the node whose output they take, where that node's
 * kernels can do them before they store: bias, then residual, then activation.
 */

import { sameDims, type TensorType } from '../core/shape.ts';
import { consumersOf, type Graph, type Node, originsOf, producersOf } from '../graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { factsOf } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';
import type { EpilogueStep } from '../ops/operator.ts';

/**
 * The fused node stands where the add or activation stood, so that a residual is there before it.
 * Nothing is fused across a graph output or a value with several readers. Needs types.
 */
export function fuseEpilogue(graph: Graph, find: OperatorLookup = findOperator): Graph {
  const consumers = consumersOf(graph);
  const producers = producersOf(graph);
  const outputs = new Set(graph.outputs);
  const position = new Map(graph.nodes.map((node, index) => [node.outputs[0], index]));
  /** In the order of the graph; a node that was merged into a later one leaves its place. */
  const nodes = new Set<Node>();

  /** The node that makes `value`, where it may take one more step of this kind over. */
  const hostOf = (value: string, kind: EpilogueStep['kind'], to: TensorType): Node | undefined => {
    const node = producers.get(value);
    const from = graph.types.get(value);
    if (node?.outputs.length !== 1 || outputs.has(value)) return undefined;
    if (consumers.get(value)?.length !== 1) return undefined;
    if (!from || from.type !== to.type || !sameDims(from.dims, to.dims)) return undefined;
    const taken = node.epilogue;
    if (taken?.activation || (kind === 'residual' && taken?.residual !== undefined)) {
      return undefined;
    }
    return requireOperator(node, find).traits.epilogue?.includes(kind) ? node : undefined;
  };

  const fuse = (node: Node): Node => {
    const facts = node.epilogue || node.outputs.length !== 1 ? undefined : factsOf(node, graph);
    const step = facts && requireOperator(node, find).traits.asEpilogue?.(facts);
    const type = facts?.outputs[0];
    if (!facts || !step || !type) return node;
    if (step.kind === 'activation') {
      const host = hostOf(node.inputs[step.input] ?? '', 'activation', type);
      if (!host) return node;
      nodes.delete(host);
      return merged(host, node, {
        inputs: host.inputs,
        epilogue: { ...host.epilogue, activation: step.activation },
      });
    }
    // The operand made last, so that as little as possible waits for the add.
    const [index] = [0, 1]
      .filter((at) => {
        const other = facts.inputs[1 - at];
        return (
          hostOf(node.inputs[at] ?? '', 'residual', type) &&
          other?.type === type.type &&
          sameDims(other.dims, type.dims)
        );
      })
      .sort((a, b) => place(node.inputs[b]) - place(node.inputs[a]));
    if (index === undefined || node.inputs.length !== 2) return node;
    const host = producers.get(node.inputs[index] as string) as Node;
    nodes.delete(host);
    // Optional inputs that are left out keep their places before the residual.
    const inputs = [...host.inputs];
    const [, most] = requireOperator(host, find).arity.inputs;
    while (inputs.length < most && Number.isFinite(most)) inputs.push('');
    inputs.push(node.inputs[1 - index] as string);
    return merged(host, node, { inputs, epilogue: { residual: inputs.length - 1 } });
  };
  const place = (value: string | undefined) => position.get(value) ?? -1;

  for (const node of graph.nodes) {
    const result = fuse(node);
    nodes.add(result);
    for (const output of result.outputs) producers.set(output, result);
  }
  return { ...graph, nodes: [...nodes] };
}

function merged(host: Node, step: Node, changes: Pick<Node, 'inputs' | 'epilogue'>): Node {
  return {
    ...host,
    ...changes,
    outputs: step.outputs,
    origin: originsOf([host, step]),
  };
}
