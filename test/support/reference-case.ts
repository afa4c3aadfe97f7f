/** One node through its reference, and the same node through onnxruntime. */

import * as ort from 'onnxruntime-web';
import { expect } from 'vitest';
import { toReference } from '../../src/core/reference.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { readOnnxModel } from '../../src/formats/onnx/index.ts';
import { requireOperator } from '../../src/ops/build-node.ts';
import { findOperator } from '../../src/ops/index.ts';
import { evaluateNode } from '../../src/passes/evaluate-node.ts';
import { type AttributeInput, encodeModel } from './onnx-writer.ts';

export interface ReferenceCase {
  readonly op: string;
  /** undefined leaves an optional input out. */
  readonly inputs: readonly (HostTensor | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly opset?: number;
  readonly outputCount?: number;
}

const nameOf = (tensor: HostTensor | undefined, index: number) => (tensor ? `x${index}` : '');

/** The model of one node with all of its inputs as initializers. */
function modelOf({ op, inputs, attributes, opset = 22, outputCount = 1 }: ReferenceCase) {
  const outputs = Array.from({ length: outputCount }, (_, index) => `y${index}`);
  return encodeModel({
    nodes: [{ op, inputs: inputs.map(nameOf), outputs, ...(attributes && { attributes }) }],
    inputs: [],
    outputs,
    initializers: Object.fromEntries(
      inputs.flatMap((tensor, index) => (tensor ? [[nameOf(tensor, index), tensor]] : [])),
    ),
    opset,
  });
}

/** The outputs as the reference gives them, rounded to their types. */
export async function evaluateCase(one: ReferenceCase): Promise<readonly HostTensor[]> {
  const graph = await readOnnxModel(modelOf(one));
  const [node] = graph.nodes;
  if (!node) throw new Error('no node');
  const inputs = node.inputs.map((name) => graph.constants.get(name));
  const outputs = await evaluateNode(node, requireOperator(node, findOperator), inputs, inputs);
  return outputs.slice(0, node.outputs.length);
}

/** Elements as numbers. */
export const numbers = (tensor: HostTensor | undefined): number[] =>
  tensor ? Array.from(toReference(tensor).value, Number) : [];

/** onnxruntime gives the same types, dims and, within `tolerance`, values. */
export async function expectSecondOpinion(one: ReferenceCase, tolerance = 1e-5): Promise<void> {
  const own = await evaluateCase(one);
  const session = await ort.InferenceSession.create(modelOf(one));
  const theirs = await session.run({});
  for (const [index, tensor] of own.entries()) {
    const other = theirs[`y${index}`];
    if (!other) throw new Error(`onnxruntime gives no output ${index}`);
    expect(tensor.type).toBe(other.type);
    expect(tensor.dims).toEqual([...other.dims]);
    const wanted = [...(other.data as Iterable<number | bigint>)].map(Number);
    numbers(tensor).forEach((value, at) => {
      const want = wanted[at] as number;
      if (Object.is(value, want) || value === want) return;
      expect(Math.abs(value - want), `output ${index} [${at}]`).toBeLessThanOrEqual(
        tolerance * (1 + Math.abs(want)),
      );
    });
  }
  await session.release();
}
