/** One node through its operator's reference, and the same node through onnxruntime. */

import { expect } from 'vitest';
import { toReference } from '../../src/core/reference.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { attributeValues, buildNode, requireOperator } from '../../src/ops/build-node.ts';
import { findOperator } from '../../src/ops/index.ts';
import { evaluateNode } from '../../src/passes/evaluate-node.ts';
import { type AttributeInput, encodeModel } from './onnx-writer.ts';
import { runOnnxruntime } from './onnxruntime.ts';

export interface NodeCase {
  readonly op: string;
  readonly opset?: number;
  /** undefined leaves an optional input out. */
  readonly inputs: readonly (HostTensor | undefined)[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  readonly outputCount?: number;
}

const names = (count: number, letter: string) =>
  Array.from({ length: count }, (_, index) => `${letter}${index}`);

/** The outputs of the reference, stored in their types. */
export async function evaluate(testCase: NodeCase): Promise<readonly HostTensor[]> {
  const { op, opset = 25, inputs, attributes = {}, outputCount = 1 } = testCase;
  const node = buildNode({
    name: op,
    op,
    opset,
    inputs: inputs.map((tensor, index) => (tensor ? `x${index}` : '')),
    outputs: names(outputCount, 'y'),
    attributes: attributeValues(attributes),
  });
  return evaluateNode(node, requireOperator(node, findOperator), inputs, inputs);
}

/** Values of output `index` of the reference. */
export async function valuesOf(testCase: NodeCase, index = 0): Promise<number[]> {
  const output = (await evaluate(testCase))[index];
  if (!output) throw new Error(`no output ${index}`);
  return Array.from(toReference(output).value, Number);
}

/** Every output of the reference is onnxruntime's: its type, its dims, exactly its values. */
export async function expectOnnxruntimeEquals(testCase: NodeCase): Promise<void> {
  const { op, opset = 21, inputs, attributes = {}, outputCount = 1 } = testCase;
  const present = inputs.flatMap((tensor, index) =>
    tensor ? [[`x${index}`, tensor] as const] : [],
  );
  const model = encodeModel({
    opset,
    nodes: [
      {
        op,
        inputs: inputs.map((tensor, index) => (tensor ? `x${index}` : '')),
        outputs: names(outputCount, 'y'),
        attributes: attributes as Record<string, AttributeInput>,
      },
    ],
    inputs: present.map(([name, { type, dims }]) => ({ name, type, dims })),
    outputs: (await evaluate({ ...testCase, opset })).map(({ type }, index) => ({
      name: `y${index}`,
      type,
    })),
  });
  const theirs = await runOnnxruntime(model, Object.fromEntries(present));
  const ours = await evaluate({ ...testCase, opset });
  for (const [index, output] of ours.entries()) {
    const their = theirs.get(`y${index}`);
    expect(their?.type).toBe(output.type);
    expect([...(their?.dims ?? [])]).toEqual([...output.dims]);
    expect(Array.from(toReference(output).value, Number)).toEqual(
      Array.from((their?.data ?? []) as Float32Array, Number),
    );
  }
}
