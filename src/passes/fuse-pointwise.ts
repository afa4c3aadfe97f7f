/**
 * Pointwise operators one after another are one node, where nobody else reads what lies between:
 * a hard swish or a GELU that an exporter wrote out, a chain of scales and shifts. Such work is
 * bound by memory, and only the chain's operands and its result are read and written.
 */

import { maxBroadcastAxes } from '../../shaders/lib/broadcast.ts';
import { maxChainSteps, operandNames } from '../../shaders/pointwise_chain.ts';
import { sameDims, type TensorType } from '../core/shape.ts';
import { consumersOf, type Graph, type Node, originsOf } from '../graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { factsOf } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';
import type { CompositeAttributes } from '../ops/pointwise/attributes.ts';

const fused = 'wgconv.Pointwise';

/** Steps in order; operands and results are names of the graph's values. */
interface Chain {
  readonly nodes: readonly Node[];
  readonly steps: readonly Step[];
}

interface Step {
  readonly function: string;
  readonly parameters: readonly number[];
  readonly of: readonly string[];
  readonly result: string;
}

/** Needs types. */
export function fusePointwise(graph: Graph, find: OperatorLookup = findOperator): Graph {
  if (!find(fused)) return graph;
  const consumers = consumersOf(graph);
  const outputs = new Set(graph.outputs);
  /** By the value that a chain makes. */
  const chains = new Map<string, Chain>();
  const taken = new Set<string>();

  const inside = (value: string, type: TensorType): Chain | undefined => {
    const chain = chains.get(value);
    const dims = graph.types.get(value)?.dims;
    const once = new Set(consumers.get(value)).size === 1 && !outputs.has(value);
    return chain && once && dims && sameDims(dims, type.dims) ? chain : undefined;
  };

  for (const node of graph.nodes) {
    const own = stepsOf(node, graph, find);
    const [value] = node.outputs;
    const type = graph.types.get(value as string);
    if (!own || !type || value === undefined) continue;
    let chain: Chain = { nodes: [node], steps: own };
    for (const operand of new Set(own[0]?.of)) {
      const before = inside(operand, type);
      if (!before) continue;
      const longer = {
        nodes: [...before.nodes, ...chain.nodes],
        steps: [...before.steps, ...chain.steps],
      };
      const fits = longer.steps.length <= maxChainSteps;
      if (!fits || operandsOf(longer).length > operandNames.length) continue;
      chain = longer;
      taken.add(operand);
    }
    chains.set(value, chain);
  }

  const nodes = graph.nodes.flatMap((node) => {
    const [value = ''] = node.outputs;
    if (taken.has(value)) return [];
    const chain = chains.get(value);
    return chain && chain.nodes.length > 1 ? merged(node, chain) : node;
  });
  return { ...graph, nodes };
}

/** The node as steps of a chain: its function, and the activation it took over. */
function stepsOf(node: Node, graph: Graph, find: OperatorLookup): Step[] | undefined {
  const facts = factsOf(node, graph);
  const own = facts && requireOperator(node, find).traits.pointwise?.(facts);
  const [output] = facts?.outputs ?? [];
  const [result] = node.outputs;
  if (!own || !output || result === undefined || node.epilogue?.residual !== undefined) return;
  const of = own.inputs.map((at) => node.inputs[at] as string);
  const types = own.inputs.map((at) => facts.inputs[at]?.type);
  const half = output.type === 'float16' || output.type === 'float32';
  if (!half || types.some((type) => type !== output.type)) return;
  if (output.dims.length > maxBroadcastAxes) return;
  const { function: name, parameters = [] } = own;
  const activation = node.epilogue?.activation;
  if (!activation) return [{ function: name, parameters, of, result }];
  // The value before the activation has no name in the graph.
  const before = `${result} before ${activation.name}`;
  return [
    { function: name, parameters, of, result: before },
    { function: activation.name, parameters: activation.parameters, of: [before], result },
  ];
}

/** What a chain reads, in the order of its use. */
function operandsOf({ steps }: Pick<Chain, 'steps'>): string[] {
  const made = new Set(steps.map(({ result }) => result));
  return [...new Set(steps.flatMap(({ of }) => of))].filter((value) => !made.has(value));
}

function merged(last: Node, chain: Chain): Node {
  const inputs = operandsOf(chain);
  const places = new Map(inputs.map((value, at) => [value, at]));
  chain.steps.forEach(({ result }, at) => {
    places.set(result, inputs.length + at);
  });
  const attributes: CompositeAttributes = {
    steps: chain.steps.map(({ function: name, parameters, of }) => ({
      ...{ function: name, parameters, of: of.map((value) => places.get(value) as number) },
    })),
  };
  const origin = originsOf(chain.nodes);
  return { name: last.name, op: fused, inputs, outputs: last.outputs, attributes, origin };
}
