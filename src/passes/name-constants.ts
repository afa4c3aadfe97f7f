/**
 * Names constants that came about while a graph was specialised by their content. A session keeps
 * weights on the device by name, for all input shapes: two constants of one name must be the same.
 */

import type { HostTensor } from '../core/tensor.ts';
import type { Graph } from '../graph/graph.ts';

/** Renames all constants of `graph` that are not in `kept` to `name#digest`; a graph output stays, too. */
export function nameConstants(graph: Graph, kept: ReadonlyMap<string, HostTensor>): Graph {
  const renamed = new Map<string, string>();
  for (const [name, tensor] of graph.constants) {
    if (kept.get(name) === tensor) continue;
    renamed.set(name, `${name}#${digest(tensor)}`);
  }
  if (renamed.size === 0) return graph;
  const nameOf = (name: string) => renamed.get(name) ?? name;
  const rename = <T>(map: ReadonlyMap<string, T>) =>
    new Map([
      ...[...map].map(([name, value]): [string, T] => [nameOf(name), value]),
      ...[...map].filter(([name]) => graph.outputs.includes(name)),
    ]);
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(nameOf) })),
    constants: rename(graph.constants),
    types: rename(graph.types),
  };
}

/** FNV-1a over type, dims and bytes, twice with different offsets: 64 bits. */
function digest({ type, dims, bytes }: HostTensor): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  const add = (byte: number) => {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x5bd1e995);
    high ^= high >>> 15;
  };
  for (const character of `${type}[${dims}]`) add(character.charCodeAt(0));
  for (const byte of bytes) add(byte);
  return [low, high].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
}
