/** Computes a node on the host while a graph is transformed, to bytes as they would be stored. */

import { WgconvError } from '../core/errors.ts';
import { fromReference, type ReferenceTensor, toReference } from '../core/reference.ts';
import {
  formatDims,
  isStatic,
  type StaticTensorType,
  sizeOf,
  type TensorType,
} from '../core/shape.ts';
import { byteLengthOf, type HostTensor } from '../core/tensor.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { callReference, inferNode } from '../ops/facts.ts';
import type { AnyOperator } from '../ops/operator.ts';

/** More than this in one value that the host computes is a damaged or hostile model. */
const largestValue = 2 ** 31;

/** The outputs of a node whose inputs are all known, but for those of which only the type counts. */
export async function evaluateNode(
  node: Node,
  operator: AnyOperator,
  inputs: readonly (HostTensor | undefined)[],
  types: readonly (TensorType | undefined)[],
): Promise<readonly HostTensor[]> {
  const { traits } = operator;
  const constant = (index: number) => inputs[index];
  const inferred = inferNode(node, operator, types, constant);
  if (inferred.length < node.outputs.length) throw unknownShape(node, '');
  const outputs = inferred.map((type) => checked(node, type));
  const [first] = inputs;
  const [output] = outputs;
  if (traits.view && first && output && outputs.length === 1) {
    return [{ type: output.type, dims: output.dims, bytes: first.bytes }];
  }
  const facts = { attributes: node.attributes, inputs: types, outputs, constant };
  const direct = traits.hostFold?.(facts);
  if (direct) return direct;

  const reference = await operator.reference();
  const values = types.map((type, index): ReferenceTensor | undefined => {
    const value = inputs[index];
    if (value) return toReference(value);
    return type && { ...(type as StaticTensorType), value: new Float64Array() };
  });
  return callReference(node, reference, values, outputs).map(fromReference);
}

function checked(node: Node, type: TensorType): StaticTensorType {
  if (!isStatic(type)) throw unknownShape(node, ` ${formatDims(type.dims)}`);
  checkSize(node, type);
  return type;
}

/** Throws where a node makes more than is allowed, as far as shapes are known. */
export function checkSizes(nodes: readonly Node[], types: Graph['types']): void {
  for (const node of nodes) {
    for (const name of node.outputs) {
      const type = types.get(name);
      if (type && isStatic(type)) checkSize(node, type);
    }
  }
}

function checkSize(node: Node, { type, dims }: StaticTensorType): void {
  const bytes = byteLengthOf(type, dims);
  if (sizeOf(dims) >= 0 && bytes <= largestValue) return;
  throw new WgconvError(
    'limit-exceeded',
    `a value of shape ${formatDims(dims)} would take ${bytes} bytes; ${largestValue} are allowed`,
    { node: node.name, operator: node.op, data: { bytes, limit: largestValue } },
  );
}

function unknownShape(node: Node, dims: string): WgconvError {
  return new WgconvError(
    'invalid-shape',
    `the output shape${dims} of a constant expression is not known`,
    { node: node.name, operator: node.op },
  );
}
