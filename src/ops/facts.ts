/** What traits are asked with: one node of a graph, its types and the constants it reads. */

import { isHostOnly } from '../core/dtype.ts';
import { internal, WgconvError } from '../core/errors.ts';
import type { ReferenceTensor } from '../core/reference.ts';
import type { StaticTensorType, TensorType } from '../core/shape.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { invalidShape } from './dims.ts';
import type {
  AnyOperator,
  HostValues,
  NodeFacts,
  Reference,
  ReferenceContext,
  ReferenceResult,
} from './operator.ts';

/** The node's facts, or undefined where a type is not known (yet). */
export function factsOf(node: Node, graph: Graph): NodeFacts | undefined {
  const typeOf = (name: string): TensorType | undefined =>
    graph.types.get(name) ?? graph.constants.get(name);
  const inputs = node.inputs.map(typeOf);
  if (inputs.some((type, index) => !type && node.inputs[index] !== '')) return undefined;
  const outputs = node.outputs.map(typeOf).filter((type) => type !== undefined);
  if (outputs.length < node.outputs.length) return undefined;
  return {
    attributes: node.attributes,
    inputs,
    outputs,
    constant: (index) => graph.constants.get(node.inputs[index] ?? ''),
  };
}

/** Output types of a node, none where nothing can be said yet; errors name the node. */
export function inferNode(
  node: Node,
  operator: AnyOperator,
  inputs: readonly (TensorType | undefined)[],
  known: HostValues,
): readonly TensorType[] {
  const types = namingNode(node, () => checkSizes(operator.infer(inputs, node.attributes, known)));
  if (types.length > 0 && types.length < node.outputs.length) {
    throw new WgconvError(
      'invalid-model',
      `the node has ${node.outputs.length} outputs, but its operator makes ${types.length}`,
      { node: node.name, operator: node.op },
    );
  }
  return types;
}

/**
 * Calls a node's reference; its results get the types of the outputs. Results of outputs that the
 * node has lost, as nobody reads them, are left out.
 */
export function callReference(
  node: Node,
  reference: Reference<unknown>,
  inputs: readonly (ReferenceTensor | undefined)[],
  outputs: readonly StaticTensorType[],
  how: Partial<Pick<ReferenceContext, 'single' | 'arithmetic'>> = {},
): (ReferenceTensor & ReferenceResult)[] {
  const context = { single: false, ...how, outputs };
  const results = namingNode(node, () => reference(inputs, node.attributes, context));
  return outputs.map((type, index) => {
    const result = results[index];
    if (!result) throw internal(`${node.op} "${node.name}" has fewer results than outputs`);
    return { ...result, type: type.type, dims: type.dims };
  });
}

/**
 * Runs `compute`; an error that names no node gets the name of this one, and so does the error of
 * an array that is longer than the machine's memory.
 */
export function namingNode<T>(node: Node, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RangeError && /array/i.test(error.message)) {
      throw new WgconvError(
        'out-of-memory',
        `this node makes more than fits into memory (${error.message}); use smaller inputs`,
        { node: node.name, operator: node.op, cause: error },
      );
    }
    if (!(error instanceof WgconvError) || error.node !== undefined) throw error;
    const { code, message, value, data } = error;
    throw new WgconvError(code, message, {
      node: node.name,
      operator: node.op,
      value,
      data,
      cause: error,
    });
  }
}

/**
 * The value for whose type a node must run on the host: one that WebGPU cannot compute with and
 * that is no index. Undefined where the node can run on the device.
 */
export function heldOnHost(node: Node, operator: AnyOperator, graph: Graph): string | undefined {
  const { hostInputs = [], indices } = operator.traits;
  const hostOnly = (name: string) => {
    const type = graph.types.get(name) ?? graph.constants.get(name);
    return name !== '' && type !== undefined && isHostOnly(type.type);
  };
  return (
    node.inputs.find(
      (name, index) =>
        hostOnly(name) && !hostInputs.includes(index) && !indices?.inputs?.includes(index),
    ) ?? node.outputs.find((name, index) => hostOnly(name) && !indices?.outputs?.includes(index))
  );
}

/** Sizes that follow from a model's values (repeats, a k, a shape) may be none. */
function checkSizes(types: readonly TensorType[]): readonly TensorType[] {
  for (const { dims } of types) {
    if (dims.some((dim) => typeof dim === 'number' && !(Number.isInteger(dim) && dim >= 0))) {
      invalidShape(`the output's shape would be [${dims}]: sizes are whole numbers from 0`, {
        dims,
      });
    }
  }
  return types;
}
