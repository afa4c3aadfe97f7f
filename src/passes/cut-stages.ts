/**
 * Cuts a graph where the shape of a result depends on data: what comes before such a node is one
 * stage, the node itself is computed on the host from values that are read back, and what follows is
 * planned as a stage of its own when the shape is known.
 */

import type { Graph, Node } from '../graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { findOperator } from '../ops/index.ts';

export interface Stage {
  /** Planned together; in topological order. */
  readonly nodes: readonly Node[];
  /** What its nodes read of other stages' values and of the model's inputs. */
  readonly inputs: readonly string[];
  /** What later stages, selections or the model's caller read of its values. */
  readonly outputs: readonly string[];
  /** Nodes computed on the host after it. */
  readonly selections: readonly Node[];
}

/** Nodes whose outputs' shapes depend on values that only exist in a run. */
function selectionsOf(graph: Graph, find: OperatorLookup): ReadonlySet<Node> {
  const selections = new Set<Node>();
  // What follows from constants and shapes is known before a run.
  const known = new Set(['', ...graph.constants.keys()]);
  for (const node of graph.nodes) {
    const { typeInputs, dataDependent } = requireOperator(node, find).traits;
    if (node.inputs.every((name, index) => known.has(name) || typeInputs?.includes(index))) {
      for (const output of node.outputs) known.add(output);
    } else if (dataDependent) {
      selections.add(node);
    }
  }
  return selections;
}

/** The stages in their order; one without selections where nothing has to be cut. */
export function cutStages(graph: Graph, find: OperatorLookup = findOperator): readonly Stage[] {
  const selections = selectionsOf(graph, find);
  /** The stage in which a value is there; a model's input before the first. */
  const stageOf = new Map<string, number>();
  const planned: Node[][] = [[]];
  const selected: Node[][] = [[]];
  for (const node of graph.nodes) {
    const stage = Math.max(0, ...node.inputs.map((name) => stageOf.get(name) ?? 0));
    const isSelection = selections.has(node);
    for (const output of node.outputs) stageOf.set(output, isSelection ? stage + 1 : stage);
    for (const list of [planned, selected]) while (list.length <= stage) list.push([]);
    (isSelection ? selected : planned)[stage]?.push(node);
  }
  return planned.map((nodes, stage): Stage => {
    const made = new Set(nodes.flatMap(({ outputs }) => outputs));
    const others = new Set([
      ...graph.outputs,
      ...[...planned.filter((list) => list !== nodes), ...selected]
        .flat()
        .flatMap(({ inputs }) => inputs),
    ]);
    const read = new Set(nodes.flatMap(({ inputs }) => inputs));
    const isThere = (name: string) => name === '' || made.has(name) || graph.constants.has(name);
    return {
      nodes,
      inputs: [...read].filter((name) => !isThere(name)),
      outputs: [...made].filter((name) => others.has(name)),
      selections: selected[stage] ?? [],
    };
  });
}
