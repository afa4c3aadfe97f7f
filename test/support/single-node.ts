/** One node computed through its reference, and by onnxruntime on the CPU as a second opinion. */

import * as ort from 'onnxruntime-web';
import { expect } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import { toReference } from '../../src/core/reference.ts';
import type { Dim } from '../../src/core/shape.ts';
import { elementsOf, type HostTensor } from '../../src/core/tensor.ts';
import {
  attributeValues,
  buildNode,
  type PlainAttribute,
  requireOperator,
} from '../../src/ops/build-node.ts';
import { evaluateNode } from '../../src/passes/evaluate-node.ts';
import { type AttributeInput, encodeModel } from './onnx-writer.ts';

export interface SingleNode {
  readonly op: string;
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, PlainAttribute & AttributeInput>>;
  /** undefined leaves an optional input out. */
  readonly inputs: readonly (HostTensor | undefined)[];
  readonly outputCount?: number;
}

export interface Computed {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

const namesOf = ({ inputs }: SingleNode) => inputs.map((tensor, at) => (tensor ? `x${at}` : ''));
const outputsOf = ({ outputCount = 1 }: SingleNode) =>
  Array.from({ length: outputCount }, (_, at) => `y${at}`);

function nodeOf(single: SingleNode) {
  return buildNode({
    name: 'node',
    op: single.op,
    inputs: namesOf(single),
    outputs: outputsOf(single),
    attributes: attributeValues(single.attributes ?? {}),
    ...(single.opset === undefined ? {} : { opset: single.opset }),
  });
}

/** Every output by the operator's reference, stored in its type. */
export async function computeNode(single: SingleNode): Promise<Computed[]> {
  const node = nodeOf(single);
  const { inputs } = single;
  const outputs = await evaluateNode(node, requireOperator(node), inputs, inputs);
  return outputs.map((tensor) => ({
    type: tensor.type,
    dims: tensor.dims,
    values: Array.from(toReference(tensor).value as ArrayLike<number | bigint>, Number),
  }));
}

/** Output types, with the values of the inputs at `known` known beforehand. */
export function inferNodeTypes(
  single: Omit<SingleNode, 'inputs'> & {
    readonly inputs: readonly (
      | HostTensor
      | { readonly type: DataType; readonly dims: readonly Dim[] }
      | undefined
    )[];
  },
) {
  const node = nodeOf(single as SingleNode);
  return requireOperator(node).infer(single.inputs, node.attributes, (index) => {
    const tensor = single.inputs[index];
    return tensor && 'bytes' in tensor ? tensor : undefined;
  });
}

/** onnxruntime gives the same types, dims and, within the tolerance, values. */
export async function expectOnnxruntimeComputes(
  single: SingleNode,
  { tolerance = 1e-5 }: { readonly tolerance?: number } = {},
): Promise<void> {
  const { op, opset = 17, attributes = {}, inputs } = single;
  const names = namesOf(single);
  const present = inputs.flatMap((tensor, at) =>
    tensor ? [{ name: names[at] as string, tensor }] : [],
  );
  const model = encodeModel({
    opset,
    nodes: [{ op, inputs: names, outputs: outputsOf(single), attributes }],
    inputs: present.map(({ name, tensor }) => ({ name, type: tensor.type, dims: tensor.dims })),
    outputs: outputsOf(single),
  });
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
  const feeds = present.map(({ name, tensor }) => [
    name,
    new ort.Tensor(tensor.type as 'float32', elementsOf(tensor) as Float32Array, tensor.dims),
  ]);
  const theirs = await session.run(Object.fromEntries(feeds));
  const ours = await computeNode({ ...single, opset });
  for (const [at, name] of outputsOf(single).entries()) {
    const want = theirs[name];
    const got = ours[at];
    if (!want || !got) throw new Error(`no output ${name}`);
    expect(got.type).toBe(want.type);
    expect(got.dims).toEqual(want.dims);
    Array.from(want.data as ArrayLike<number | bigint>, Number).forEach((value, index) => {
      const mine = got.values[index] as number;
      if (Object.is(mine, value) || mine === value) return;
      expect(
        Math.abs(mine - value),
        `${name}[${index}]: ${mine}, onnxruntime ${value}`,
      ).toBeLessThan(tolerance * Math.max(1, Math.abs(value)));
    });
  }
  await session.release();
}
