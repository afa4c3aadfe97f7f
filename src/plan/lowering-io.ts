/** What lowering sees of a node of a prepared graph. */

import { internal } from '../core/errors.ts';
import { isStatic } from '../core/shape.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import { deviceTensor } from '../ops/device-tensor.ts';
import type { DeviceTensor, LoweringIO } from '../ops/operator.ts';
import { homeOf } from './homes.ts';

/** A value of the graph as it lies in GPU memory. */
export function plannedTensor(graph: Graph, name: string, caps: DeviceCaps): DeviceTensor {
  const type = graph.types.get(name);
  if (!type || !isStatic(type)) throw internal(`the value "${name}" has no static type`);
  return deviceTensor(type.type, type.dims, graph.layouts?.get(name) ?? 'linear', caps);
}

export function loweringIO(graph: Graph, node: Node, caps: DeviceCaps): LoweringIO {
  return {
    inputs: node.inputs.map((name) => (name === '' ? undefined : plannedTensor(graph, name, caps))),
    outputs: node.outputs.map((name) => plannedTensor(graph, name, caps)),
    epilogue: node.epilogue,
    constant: (index) => graph.constants.get(node.inputs[index] ?? ''),
  };
}

/** Loads the kernels that the graph's nodes on this device can need. */
export async function loadLowering(graph: Graph, caps: DeviceCaps): Promise<void> {
  await Promise.all(
    graph.nodes.map((node) => {
      const operator = requireOperator(node);
      if (!operator.load || homeOf(node, graph).home !== 'device') return undefined;
      return operator.load(loweringIO(graph, node, caps), node.attributes, caps);
    }),
  );
}
