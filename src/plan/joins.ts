/**
 * Zero-copy concatenation: a tensor that joins others along an axis can be written by their
 * producers directly, each into its own range, where C4's blocks, the buffer offsets that WebGPU
 * allows, and the rule against reading and writing one buffer in a dispatch permit it. A legality
 * check at each site; where it fails, the node copies.
 */

import type { DeviceCaps } from '../gpu/caps.ts';
import { consumersOf, type Graph, type Node, producersOf } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import { homeOf } from './homes.ts';
import { cutOffsets, rangesAlong } from './ranges.ts';

/** A value that lies inside another one. */
export interface Part {
  readonly whole: string;
  /** Byte offset inside the whole. */
  readonly offset: number;
}

export interface Joins {
  /** Where each value that is written in place lies; wholes may be parts of larger wholes. */
  readonly parts: ReadonlyMap<string, Part>;
  /** Names of the nodes that need no dispatch. */
  readonly nodes: ReadonlySet<string>;
}

export function findJoins(graph: Graph, caps: DeviceCaps): Joins {
  const parts = new Map<string, Part>();
  const nodes = new Set<string>();
  const producers = producersOf(graph);
  const consumers = consumersOf(graph);
  const isCut = (node: Node | undefined) =>
    node !== undefined && cutOffsets(node, graph, caps) !== undefined;
  for (const node of graph.nodes) {
    const offsets = partOffsets(node, graph, caps);
    if (!offsets) continue;
    const trial = new Map(parts);
    const whole = node.outputs[0] as string;
    node.inputs.forEach((name, index) => {
      trial.set(name, { whole, offset: offsets[index] as number });
    });
    const free = node.inputs.every(
      (name) =>
        !parts.has(name) &&
        isWrittenByDispatch(producers.get(name), graph) &&
        !isCut(producers.get(name)),
    );
    if (!free || readsWhatItWrites(whole, trial, graph, nodes)) continue;
    // A view of a part would have to be found again inside the whole.
    const viewed = node.inputs.some((name) =>
      consumers.get(name)?.some((reader) => homeOf(reader, graph).home === 'view' || isCut(reader)),
    );
    if (viewed) continue;
    for (const [name, part] of trial) parts.set(name, part);
    nodes.add(node.name);
  }
  return { parts, nodes };
}

/** The outermost value that holds `name`, and where in it. */
export function locate(name: string, parts: Joins['parts']): { root: string; offset: number } {
  let root = name;
  let offset = 0;
  for (let part = parts.get(root); part; part = parts.get(root)) {
    offset += part.offset;
    root = part.whole;
  }
  return { root, offset };
}

/** Byte offsets of the inputs in the output, or undefined where they cannot lie in place. */
function partOffsets(node: Node, graph: Graph, caps: DeviceCaps): number[] | undefined {
  const axis = requireOperator(node).traits.joinsAlong?.(node.attributes);
  if (axis === undefined || homeOf(node, graph).home !== 'device') return undefined;
  if (new Set(node.inputs).size < node.inputs.length) return undefined;
  if (node.inputs.some((name) => graph.constants.has(name))) return undefined;
  return rangesAlong(axis, node.outputs[0] as string, node.inputs, graph, caps);
}

/** Graph inputs, views and constants in another layout have their place already. */
function isWrittenByDispatch(producer: Node | undefined, graph: Graph): boolean {
  if (!producer || homeOf(producer, graph).home !== 'device') return false;
  return !producer.inputs.every((name) => graph.constants.has(name));
}

/** Whether a dispatch would read one part of a buffer and write another. */
function readsWhatItWrites(
  whole: string,
  parts: ReadonlyMap<string, Part>,
  graph: Graph,
  joined: ReadonlySet<string>,
): boolean {
  const { root } = locate(whole, parts);
  const inside = (name: string) => name !== '' && locate(name, parts).root === root;
  return graph.nodes.some(
    (node) =>
      !joined.has(node.name) &&
      node.outputs[0] !== whole &&
      node.outputs.some(inside) &&
      node.inputs.some(inside),
  );
}
