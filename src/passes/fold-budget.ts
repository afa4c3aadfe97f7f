/**
 * How much a model may have computed while it is loaded. Files are small and what they ask for need
 * not be: a few nodes on constants make gigabytes, or a convolution that takes a host an hour.
 */

import { isStatic, sizeOf, type TensorType } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { inferNode } from '../ops/facts.ts';
import type { AnyOperator } from '../ops/operator.ts';

/** Elements read and written, and multiply-adds, that any model may take: a second or less. */
const freeWork = 2 ** 25;
/** Elements of one value that any model may make. */
const freeElements = 2 ** 22;

/** For all of a model's folds together; more is left for a run to compute. */
export class FoldBudget {
  #work: number;
  readonly #elements: number;

  /** @param share times what is free, and what the model's own constants add to it */
  constructor({ constants }: Graph, share = 1) {
    const own = new Set([...constants.values()].map(({ bytes }) => bytes.buffer));
    const bytes = [...own].reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#work = share * (freeWork + 2 * bytes);
    this.#elements = share * (freeElements + bytes);
  }

  /** Takes the node's work; false, and nothing taken, where that is more than is left. */
  allows(
    node: Node,
    operator: AnyOperator,
    inputs: readonly (HostTensor | undefined)[],
    types: readonly (TensorType | undefined)[],
  ): boolean {
    const { traits } = operator;
    if (traits.view) return true;
    const constant = (index: number) => inputs[index];
    const outputs = inferNode(node, operator, types, constant);
    const made = elementsOf(outputs);
    const facts = { attributes: node.attributes, inputs: types, outputs, constant };
    const more = (traits.macs?.(facts) ?? 0) + (traits.effort?.(facts) ?? 0);
    const work = made + elementsOf(inputs) + more;
    // Whoever computes the node says what is wrong with sizes that are no numbers, or absurd.
    if (Number.isNaN(work) || made > 2 ** 31) return true;
    if (made > this.#elements || work > this.#work) return false;
    this.#work -= work;
    return true;
  }
}

/** NaN where a size is not known. */
function elementsOf(types: readonly (TensorType | undefined)[]): number {
  return types.reduce(
    (sum, type) => sum + (!type ? 0 : isStatic(type) ? sizeOf(type.dims) : Number.NaN),
    0,
  );
}
