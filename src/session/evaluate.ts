/** Runs nodes through their references: host nodes, the `cpu` backend and the check of the GPU. */

import { internal, WgconvError } from '../core/errors.ts';
import { type ReferenceTensor, toReference } from '../core/reference.ts';
import { isStatic, type StaticTensorType, type TensorType } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import { callReference } from '../ops/facts.ts';
import type { Reference, ReferenceContext, ReferenceResult } from '../ops/operator.ts';

export type Lookup = (name: string) => ReferenceTensor | undefined;
export type EvaluatedTensor = ReferenceTensor & ReferenceResult;

/** How the sums of a node are to be computed or bounded; see `ReferenceContext`. */
type How = Partial<Pick<ReferenceContext, 'single' | 'arithmetic'>>;

/** Loads the oracles of nodes; they are in chunks of their own. */
export class References {
  readonly #loaded = new Map<string, Reference<unknown>>();

  async load(nodes: readonly Node[]): Promise<void> {
    const all = nodes.flatMap((node) => [node, ...(node.origin ?? [])]);
    const types = new Set(all.map((node) => node.op));
    await Promise.all(
      [...types].map(async (type) => {
        if (this.#loaded.has(type)) return;
        const node = all.find((candidate) => candidate.op === type) as Node;
        this.#loaded.set(type, await requireOperator(node).reference());
      }),
    );
  }

  /** The node's outputs; a fused node is the composition of its originals. */
  evaluate(node: Node, graph: Graph, lookup: Lookup, how: How = {}): EvaluatedTensor[] {
    if (!node.origin) {
      if (node.epilogue) throw internal(`the fused node "${node.name}" lost its originals`);
      return this.#evaluateOne(node, graph, lookup, how);
    }
    const local = new Map<string, EvaluatedTensor>();
    let results: EvaluatedTensor[] = [];
    for (const original of node.origin) {
      const [before] = results;
      results = this.#evaluateOne(original, graph, (name) => local.get(name) ?? lookup(name), how);
      const [after] = results;
      // Steps of an epilogue compute element by element.
      if (before?.ambiguous && after && !after.ambiguous) {
        results = [{ ...after, ambiguous: before.ambiguous }];
      }
      original.outputs.forEach((name, index) => {
        const result = results[index];
        if (result) local.set(name, result);
      });
    }
    // A fold may have renamed nothing: the last original's outputs are the fused node's.
    return node.outputs.map((name, index) => {
      const result = local.get(name) ?? results[index];
      if (!result) throw internal(`no reference value for "${name}"`);
      return result;
    });
  }

  #evaluateOne(node: Node, graph: Graph, lookup: Lookup, how: How): EvaluatedTensor[] {
    const reference = this.#loaded.get(node.op);
    if (!reference) throw internal(`the reference of ${node.op} is not loaded`);
    const constant = (name: string) => graph.constants.get(name);
    const inputs = node.inputs.map((name) => {
      if (name === '') return undefined;
      const found = lookup(name);
      if (found) return found;
      const tensor = constant(name);
      if (!tensor) throw internal(`the value "${name}" is not there for ${node.op} "${node.name}"`);
      return toReference(tensor);
    });
    return callReference(node, reference, inputs, outputTypes(node, graph, inputs), how);
  }
}

function outputTypes(
  node: Node,
  graph: Graph,
  inputs: readonly (ReferenceTensor | undefined)[],
): StaticTensorType[] {
  const known = node.outputs.map((name) => graph.types.get(name));
  const types = known.every((type): type is TensorType => type !== undefined && isStatic(type))
    ? known
    : requireOperator(node).infer(inputs, node.attributes, (index) =>
        graph.constants.get(node.inputs[index] ?? ''),
      );
  return types.map((type) => {
    if (!isStatic(type)) {
      throw new WgconvError('invalid-shape', 'the output shape depends on data', {
        node: node.name,
        operator: node.op,
      });
    }
    return type;
  });
}

/** Reads host tensors as reference values, once each. */
export function referenceLookup(values: ReadonlyMap<string, HostTensor>): Lookup {
  const seen = new Map<string, ReferenceTensor>();
  return (name) => {
    const cached = seen.get(name);
    if (cached) return cached;
    const tensor = values.get(name);
    if (!tensor) return undefined;
    const converted = toReference(tensor);
    seen.set(name, converted);
    return converted;
  };
}
