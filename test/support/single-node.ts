/** One node computed through its reference, and by onnxruntime on the CPU as a second opinion. */

import { expect } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import { toReference } from '../../src/core/reference.ts';
import type { Dim } from '../../src/core/shape.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { readOnnxModel } from '../../src/formats/onnx/index.ts';
import { buildNode, requireOperator } from '../../src/ops/build-node.ts';
import { attributeValues, type PlainAttribute } from '../../src/ops/plain-attributes.ts';
import { evaluateNode } from '../../src/passes/evaluate-node.ts';
import { type AttributeInput, encodeModel } from './onnx-writer.ts';
import { runOnnxruntime } from './onnxruntime.ts';

export interface SingleNode {
  readonly op: string;
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  /** undefined leaves an optional input out. */
  readonly inputs: readonly (HostTensor | undefined)[];
  readonly outputCount?: number;
}

export interface Computed {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** The newest operator set that this onnxruntime-web knows whole. */
const defaultOpset = 22;

const namesOf = ({ inputs }: SingleNode) => inputs.map((tensor, at) => (tensor ? `x${at}` : ''));
const outputsOf = ({ outputCount = 1 }: SingleNode) =>
  Array.from({ length: outputCount }, (_, at) => `y${at}`);

/** A model of the node alone, its inputs as initializers or, for onnxruntime, as inputs. */
function modelOf(single: SingleNode, place: 'initializers' | 'inputs', types: DataType[] = []) {
  const { op, opset = defaultOpset, attributes = {}, inputs } = single;
  const present = inputs.flatMap((tensor, at) => (tensor ? [[`x${at}`, tensor] as const] : []));
  const bytes = encodeModel({
    opset,
    nodes: [{ op, inputs: namesOf(single), outputs: outputsOf(single), attributes }],
    outputs: outputsOf(single).map((name, at) => ({ name, type: types[at] ?? 'float32' })),
    ...(place === 'initializers'
      ? { inputs: [], initializers: Object.fromEntries(present) }
      : { inputs: present.map(([name, { type, dims }]) => ({ name, type, dims })) }),
  });
  return { bytes, feeds: Object.fromEntries(present) };
}

/** Every output by the operator's reference, stored in its type; read from a file's bytes. */
export async function computeTensors(single: SingleNode): Promise<readonly HostTensor[]> {
  const graph = await readOnnxModel(modelOf(single, 'initializers').bytes);
  const [node] = graph.nodes;
  if (!node) throw new Error('no node');
  const inputs = node.inputs.map((name) => graph.constants.get(name));
  const outputs = await evaluateNode(node, requireOperator(node), inputs, inputs);
  return outputs.slice(0, node.outputs.length);
}

/** The same as numbers. */
export async function computeNode(single: SingleNode): Promise<Computed[]> {
  return (await computeTensors(single)).map((tensor) => ({
    ...{ type: tensor.type, dims: tensor.dims },
    values: numbers(tensor),
  }));
}

/** A tensor's elements. */
export function numbers(tensor: HostTensor): number[] {
  return Array.from(toReference(tensor).value, Number);
}

/** Values of output `index` by the reference. */
export async function valuesOf(single: SingleNode, index = 0): Promise<readonly number[]> {
  const output = (await computeNode(single))[index];
  if (!output) throw new Error(`no output ${index}`);
  return output.values;
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
  const { op, opset = defaultOpset, attributes = {}, inputs } = single as SingleNode;
  const node = buildNode({
    ...{ name: 'node', op, opset, inputs: inputs.map((_, at) => `x${at}`) },
    outputs: outputsOf(single as SingleNode),
    attributes: attributeValues(attributes as Record<string, PlainAttribute>),
  });
  return requireOperator(node).infer(single.inputs, node.attributes, (index) => {
    const tensor = single.inputs[index];
    return tensor && 'bytes' in tensor ? tensor : undefined;
  });
}

/** onnxruntime gives the same types, dims and, within the tolerance (0: exactly), values. */
export async function expectOnnxruntimeComputes(
  single: SingleNode,
  { tolerance = 1e-5 }: { readonly tolerance?: number } = {},
): Promise<void> {
  const ours = await computeNode(single);
  const types = ours.map(({ type }) => type);
  const { bytes, feeds } = modelOf(single, 'inputs', types);
  const theirs = await runOnnxruntime(bytes, feeds);
  for (const [at, name] of outputsOf(single).entries()) {
    const want = theirs.get(name);
    const got = ours[at];
    if (!want || !got) throw new Error(`no output ${name}`);
    expect(got.type).toBe(want.type);
    expect([...got.dims]).toEqual([...want.dims]);
    Array.from(want.data as ArrayLike<number | bigint>, Number).forEach((value, index) => {
      const own = got.values[index] as number;
      if (Object.is(own, value) || own === value) return;
      const allowed = Number.isFinite(value) ? tolerance * Math.max(1, Math.abs(value)) : 0;
      const message = `${name}[${index}]: ${own}, onnxruntime ${value}`;
      expect(Math.abs(own - value), message).toBeLessThanOrEqual(allowed);
    });
  }
}

/** The same without a tolerance; zeros are equal whatever their sign. */
export async function expectOnnxruntimeEquals(single: SingleNode): Promise<void> {
  await expectOnnxruntimeComputes(single, { tolerance: 0 });
}
