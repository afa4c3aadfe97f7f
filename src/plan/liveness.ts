/** How long each value of a graph lives, and how many bytes live at each node. */

import { isStatic } from '../core/shape.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Graph } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import { deviceBytes, deviceTensor } from '../ops/device-tensor.ts';
import { type Lifetime, liveBytes } from './memory.ts';

export interface Liveness {
  /** Bytes of activations that live while each node runs. */
  readonly atNode: readonly number[];
  /** The greatest of them. */
  readonly peak: number;
}

/** Activations in their own layouts (dense where none is assigned); views take nothing. */
export function livenessOf(graph: Graph, caps: DeviceCaps): Liveness {
  const lifetimes = new Map<string, { bytes: number; first: number; last: number }>();
  const roots = new Map<string, string>();
  const rootOf = (name: string) => roots.get(name) ?? name;
  const define = (name: string, at: number) => {
    const type = graph.types.get(name);
    if (!type || !isStatic(type)) return;
    const layout = graph.layouts?.get(name) ?? 'linear';
    const bytes = deviceBytes(deviceTensor(type.type, type.dims, layout, caps));
    lifetimes.set(name, { bytes, first: at, last: at });
  };
  const use = (name: string, at: number) => {
    const life = lifetimes.get(rootOf(name));
    if (life) life.last = at;
  };
  for (const input of graph.inputs) define(input.name, 0);
  for (const [at, node] of graph.nodes.entries()) {
    for (const name of node.inputs) use(name, at);
    const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
    if (requireOperator(node).traits.view) roots.set(output, rootOf(input));
    else for (const name of node.outputs) define(name, at);
  }
  for (const name of graph.outputs) use(name, graph.nodes.length);
  const all: Lifetime[] = [...lifetimes.values()];
  const atNode = new Array<number>(graph.nodes.length).fill(0);
  for (const { bytes, first, last } of all) {
    for (let at = first; at <= Math.min(last, atNode.length - 1); at++) {
      atNode[at] = (atNode[at] as number) + bytes;
    }
  }
  return { atNode, peak: liveBytes(all) };
}
