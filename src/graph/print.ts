/** A graph as text that a person can read: one line for each input, node and output. */

import { formatDims } from '../core/shape.ts';
import type { Graph, Node } from './graph.ts';

/**
 * ```text
 * graph tiny
 *   input x: float32[N,3,8,8]
 *   conv: Conv(x, w=const float32[8,3,3,3], b=const float32[8]) + residual r, Relu → y: float32[N,8,6,6] c4
 *   output y
 * ```
 */
export function printGraph(graph: Graph): string {
  return [
    `graph ${graph.name}`,
    ...graph.inputs.map(({ name }) => `  input ${describeValue(graph, name)}`),
    ...graph.nodes.map((node) => `  ${printNode(graph, node)}`),
    ...graph.outputs.map((name) => `  output ${name}`),
  ].join('\n');
}

/** A node on one line, with the types of its outputs. */
export function printNode(graph: Graph, node: Node): string {
  const { epilogue } = node;
  const inputs = node.inputs
    .filter((_, index) => index !== epilogue?.residual)
    .map((name) => {
      const constant = graph.constants.get(name);
      if (constant) return `${name}=const ${constant.type}${formatDims(constant.dims)}`;
      return name === '' ? '∅' : name;
    });
  // Inputs that are left out before a residual say nothing.
  while (epilogue?.residual !== undefined && inputs.at(-1) === '∅') inputs.pop();
  const steps: string[] = [];
  if (epilogue?.residual !== undefined) steps.push(`residual ${node.inputs[epilogue.residual]}`);
  if (epilogue?.activation) {
    const { name, parameters } = epilogue.activation;
    steps.push(parameters.length > 0 ? `${name}(${parameters.join(', ')})` : name);
  }
  const outputs = node.outputs.map((name) => describeValue(graph, name));
  return [
    `${node.name}: ${node.op}(${inputs.join(', ')})`,
    steps.length > 0 ? ` + ${steps.join(', ')}` : '',
    ` → ${outputs.join(', ')}`,
    node.origin ? `  [${node.origin.map((original) => original.name).join(', ')}]` : '',
  ].join('');
}

function describeValue(graph: Graph, name: string): string {
  const type = graph.types.get(name);
  const layout = graph.layouts?.get(name);
  return [
    name,
    type ? `: ${type.type}${formatDims(type.dims)}` : '',
    layout === 'c4' ? ' c4' : '',
  ].join('');
}

/** How many nodes of each operator, for a quick look: `{ Conv: 52, Relu: 35 }`. */
export function countOperators(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}
