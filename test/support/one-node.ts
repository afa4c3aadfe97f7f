/** One operator through its reference, and the same node through onnxruntime. */

import { toReference } from '../../src/core/reference.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import {
  attributeValues,
  buildNode,
  type PlainAttribute,
  requireOperator,
} from '../../src/ops/build-node.ts';
import { findOperator } from '../../src/ops/index.ts';
import { evaluateNode } from '../../src/passes/evaluate-node.ts';
import { type AttributeInput, encodeModel } from './onnx-writer.ts';
import { expectOnnxruntimeAgrees } from './onnxruntime.ts';

export interface OneNode {
  readonly op: string;
  readonly opset?: number;
  /** A whole float is written as an attribute value: `{ kind: 'float', value: 1 }`. */
  readonly attributes?: Readonly<Record<string, PlainAttribute>>;
  /** undefined leaves an optional input out. */
  readonly inputs: readonly (HostTensor | undefined)[];
}

export interface OneResult {
  readonly type: HostTensor['type'];
  readonly dims: readonly number[];
  readonly value: readonly number[];
}

/** The first output, as the reference computes it. */
export async function referenceOf({
  op,
  opset,
  attributes = {},
  inputs,
}: OneNode): Promise<OneResult> {
  const node = buildNode({
    ...{ name: 'one', op, opset, outputs: ['Y'], attributes: attributeValues(attributes) },
    inputs: inputs.map((tensor, index) => (tensor ? `x${index}` : '')),
  });
  const [result] = await evaluateNode(node, requireOperator(node, findOperator), inputs, inputs);
  if (!result) throw new Error(`${op} has no result`);
  const value = Array.from(toReference(result).value, Number);
  return { type: result.type, dims: result.dims, value };
}

/** onnxruntime's output has the reference's dims and, within 1e-5, its values. */
export async function expectOnnxruntimeComputes(node: OneNode): Promise<void> {
  const { op, opset = 22, attributes = {}, inputs } = node;
  const named = inputs.flatMap((tensor, index) => (tensor ? [[`x${index}`, tensor] as const] : []));
  // Feeds are float32; whatever else there is stands in the model.
  const fed = named.filter(([, { type }]) => type === 'float32');
  const model = encodeModel({
    opset,
    nodes: [
      {
        ...{
          op,
          outputs: ['Y'],
          attributes: Object.fromEntries(Object.entries(attributes).map(written)),
        },
        inputs: inputs.map((tensor, index) => (tensor ? `x${index}` : '')),
      },
    ],
    inputs: fed.map(([name, { dims }]) => ({ name, dims })),
    outputs: ['Y'],
    initializers: Object.fromEntries(named.filter(([, { type }]) => type !== 'float32')),
  });
  await expectOnnxruntimeAgrees(model, Object.fromEntries(fed), await referenceOf(node));
}

function written([name, value]: [string, PlainAttribute]): [string, AttributeInput] {
  if (typeof value === 'object' && 'kind' in value) {
    return [
      name,
      value.kind === 'float' ? { float: value.value } : (value.value as AttributeInput),
    ];
  }
  return [name, value];
}
