/**
 * Indices that the host gives are looked at before the GPU reads them: an operator's `infer` throws
 * where one that it knows is out of range.
 */

import type { HostTensor } from '../core/tensor.ts';
import { requireOperator } from '../ops/build-node.ts';
import { factsOf, inferNode } from '../ops/facts.ts';
import type { Plan } from '../plan/plan.ts';

/** By the value that is written, what has to accept it. */
export type IndexChecks = ReadonlyMap<string, readonly ((indices: HostTensor) => void)[]>;

export function indexChecks({ graph, nodes }: Plan): IndexChecks {
  const checks = new Map<string, ((indices: HostTensor) => void)[]>();
  const viewed = new Map<string, string>();
  const sourceOf = (name: string) => viewed.get(name) ?? name;
  graph.nodes.forEach((node, at) => {
    const [from = ''] = node.inputs;
    if (nodes[at]?.home === 'view') {
      for (const name of node.outputs) viewed.set(name, sourceOf(from));
    }
    const operator = requireOperator(node);
    for (const slot of operator.traits.indices?.inputs ?? []) {
      const source = sourceOf(node.inputs[slot] ?? '');
      const facts = factsOf(node, graph);
      if (!facts) continue;
      const check = (indices: HostTensor) => {
        const known = (index: number) => (index === slot ? indices : facts.constant(index));
        inferNode(node, operator, facts.inputs, known);
      };
      checks.set(source, [...(checks.get(source) ?? []), check]);
    }
  });
  return checks;
}
