/** Drops what no output depends on: nodes, trailing outputs that nobody reads, constants, types. */

import type { Graph, Node } from '../graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { findOperator } from '../ops/index.ts';

/** Constants that only a fused node's originals read stay: its reference needs them. */
export function removeDeadCode(graph: Graph, find: OperatorLookup = findOperator): Graph {
  const needed = new Set(graph.outputs);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    const last = node.outputs.findLastIndex((name) => needed.has(name));
    if (last < 0) continue;
    for (const input of node.inputs) needed.add(input);
    const [least] = requireOperator(node, find).arity.outputs;
    const kept = node.origin ? node.outputs.length : Math.max(last + 1, least);
    nodes.push(
      kept < node.outputs.length ? { ...node, outputs: node.outputs.slice(0, kept) } : node,
    );
  }
  nodes.reverse();

  const live = new Set([...graph.inputs.map((input) => input.name), ...graph.outputs]);
  for (const node of nodes.flatMap((kept) => [kept, ...(kept.origin ?? [])])) {
    for (const name of [...node.inputs, ...node.outputs]) live.add(name);
  }
  const keepLive = <T>(map: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...map].filter(([name]) => live.has(name)));
  return {
    ...graph,
    nodes,
    constants: keepLive(graph.constants),
    types: keepLive(graph.types),
    ...(graph.layouts ? { layouts: keepLive(graph.layouts) } : {}),
  };
}
