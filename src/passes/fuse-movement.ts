/**
 * An order of axes between views is one node: Reshape, Transpose, Reshape. What lies between them is
 * no image, so that apart they would need a linear tensor before and after.
 */

import { isStatic } from '../core/shape.ts';
import { consumersOf, type Graph, type Node, originsOf, producersOf } from '../graph/graph.ts';
import { buildNode, type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { factsOf } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';
import { isImage } from '../ops/layouts.ts';
import { attributeValues } from '../ops/plain-attributes.ts';

const fused = 'wgconv.Permute';

/** Only where an image is moved, and where nobody else reads what lies between. Needs types. */
export function fuseMovement(graph: Graph, find: OperatorLookup = findOperator): Graph {
  const consumers = consumersOf(graph);
  const producers = producersOf(graph);
  const outputs = new Set(graph.outputs);
  const replaced = new Map<Node, Node | undefined>();

  /** A view of a device value that is read once. */
  const isView = (node: Node | undefined): node is Node =>
    node !== undefined &&
    !replaced.has(node) &&
    requireOperator(node, find).traits.view === true &&
    node.outputs.length === 1 &&
    !graph.constants.has(node.inputs[0] as string);
  const isPassedOn = (value: string) => consumers.get(value)?.length === 1 && !outputs.has(value);

  for (const node of graph.nodes) {
    const facts = factsOf(node, graph);
    const perm = facts && requireOperator(node, find).traits.permutes?.(facts);
    const [x] = facts?.inputs ?? [];
    if (!perm || !x || !isStatic(x) || !find(fused)) continue;
    const chain = [node];
    for (;;) {
      const value = chain[0]?.inputs[0] as string;
      const before = producers.get(value);
      if (!isPassedOn(value) || !isView(before)) break;
      chain.unshift(before);
    }
    for (;;) {
      const value = chain.at(-1)?.outputs[0] as string;
      const [after] = consumers.get(value) ?? [];
      if (!isPassedOn(value) || !isView(after) || after.inputs[0] !== value) break;
      chain.push(after);
    }
    const source = chain[0]?.inputs[0] as string;
    const result = chain.at(-1)?.outputs[0] as string;
    const type = graph.types.get(result);
    const moves = isImage(graph.types.get(source)) || isImage(type);
    if (chain.length === 1 || !moves || !type || !isStatic(type)) continue;
    for (const part of chain) replaced.set(part, undefined);
    const merged = buildNode(
      {
        ...{ name: node.name, op: fused, inputs: [source], outputs: [result] },
        attributes: attributeValues({ sizes: x.dims, perm, dims: type.dims }),
      },
      find,
    );
    replaced.set(chain.at(-1) as Node, {
      ...merged,
      origin: originsOf(chain),
    });
  }
  const nodes = graph.nodes.flatMap((node) =>
    replaced.has(node) ? (replaced.get(node) ?? []) : node,
  );
  return { ...graph, nodes };
}
