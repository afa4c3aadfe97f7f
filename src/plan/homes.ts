/** Where each node runs and where each value lives: on the device, on the host, or as a view. */

import { c4Elements } from '../../shaders/lib/layout.ts';
import type { TensorType } from '../core/shape.ts';
import { sizeOf } from '../core/shape.ts';
import type { Graph, Layout, Node } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import { heldOnHost } from '../ops/facts.ts';

export type Home = 'device' | 'host' | 'view';

/** `host` where an element type is one that WebGPU cannot compute with; indices excepted. */
export function homeOf(node: Node, graph: Graph): { home: Home; reason: string } {
  const operator = requireOperator(node);
  const { view, home } = operator.traits;
  if (home === 'host') return { home: 'host', reason: 'this operator is computed on the host' };
  const heldBack = heldOnHost(node, operator, graph);
  if (heldBack !== undefined) {
    return {
      home: 'host',
      reason: `${graph.types.get(heldBack)?.type} arithmetic runs on the host`,
    };
  }
  if (view && isView(node, graph)) return { home: 'view', reason: "shares its input's memory" };
  if (sameBytes(node, graph))
    return { home: 'view', reason: 'both layouts have the same bytes here' };
  return { home: 'device', reason: 'runs on the GPU' };
}

/** A view needs dense bytes, or a C4 tensor that keeps its dims. */
function isView(node: Node, graph: Graph): boolean {
  const from = node.inputs[0] as string;
  const to = node.outputs[0] as string;
  const layoutOf = (name: string): Layout => graph.layouts?.get(name) ?? 'linear';
  return (
    node.outputs.length === 1 &&
    layoutOf(from) === layoutOf(to) &&
    (layoutOf(from) === 'linear' ||
      String(graph.types.get(from)?.dims) === String(graph.types.get(to)?.dims))
  );
}

/** A layout conversion that moves nothing: one pixel, and whole blocks of channels. */
function sameBytes(node: Node, graph: Graph): boolean {
  if (node.op !== 'wgconv.ConvertLayout' || graph.constants.has(node.inputs[0] as string))
    return false;
  const dims = (graph.types.get(node.inputs[0] as string) as TensorType).dims as number[];
  const [batch = 1, channels = 1, ...spatial] = dims;
  if (sizeOf(spatial) !== 1) return false;
  // Without whole blocks, C4 holds zeros past the last channel that a linear tensor lacks.
  const toLinear = (graph.layouts?.get(node.outputs[0] as string) ?? 'linear') === 'linear';
  return c4Elements(dims) === sizeOf(dims) || (toLinear && batch === 1 && channels > 0);
}
