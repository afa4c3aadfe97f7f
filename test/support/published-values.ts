/** The small cases of `shared/cases/cases.json` on which published engines go wrong, as models. */

import type { DataType } from '../../src/core/dtype.ts';
import { type HostTensor, Tensor } from '../../src/core/tensor.ts';
import { type AttributeInput, encodeModel } from './onnx-writer.ts';
import { tensorOf } from './random.ts';

interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
  readonly type?: DataType;
}

export interface PublishedCase {
  readonly name: string;
  readonly why: string;
  readonly op: string;
  readonly opset: number;
  readonly attributes: Readonly<Record<string, AttributeInput>>;
  readonly inputs: Readonly<Record<string, StoredTensor>>;
  readonly outputs: Readonly<Record<string, StoredTensor>>;
}

export function parseCases(json: string): readonly PublishedCase[] {
  return (JSON.parse(json) as { cases: readonly PublishedCase[] }).cases;
}

function stored({ shape, data, type = 'float32' }: StoredTensor): HostTensor {
  return tensorOf(shape, data.map(Number), type);
}

export function publishedTensors(
  record: Readonly<Record<string, StoredTensor>>,
): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, stored(value)]));
}

/** Weights (every input but the first) as constants or as inputs of the graph. */
export function modelOf(testCase: PublishedCase, constantWeights: boolean): Uint8Array {
  const names = Object.keys(testCase.inputs);
  const fed = constantWeights ? names.slice(0, 1) : names;
  const tensors = Object.entries(testCase.inputs);
  return encodeModel({
    opset: testCase.opset,
    nodes: [
      {
        op: testCase.op,
        name: testCase.name,
        inputs: names,
        outputs: Object.keys(testCase.outputs),
        attributes: testCase.attributes,
      },
    ],
    inputs: tensors
      .filter(([name]) => fed.includes(name))
      .map(([name, { shape, type = 'float32' }]) => ({ name, type, dims: shape })),
    outputs: Object.keys(testCase.outputs),
    initializers: Object.fromEntries(
      tensors.filter(([name]) => !fed.includes(name)).map(([name, value]) => [name, stored(value)]),
    ),
  });
}

export function feedsOf(
  testCase: PublishedCase,
  inputNames: readonly string[],
): Record<string, Tensor> {
  return Object.fromEntries(
    inputNames.map((name) => {
      const { shape, data, type = 'float32' } = testCase.inputs[name] as StoredTensor;
      return [name, new Tensor(type, data.map(Number), shape)];
    }),
  );
}

/**
 * A sentence for each output that is not the published one: within 1e-5 of its value (the inputs
 * are small integers but for softmax), NaN and infinities exactly.
 */
export function differences(
  testCase: PublishedCase,
  outputs: Readonly<Record<string, Tensor>>,
): string[] {
  return Object.entries(testCase.outputs).flatMap(([name, expected]) => {
    const actual = outputs[name];
    if (!actual) return [`${name} is missing`];
    if (actual.dims.join() !== expected.shape.join()) {
      return [`${name} has the shape [${actual.dims}], not [${expected.shape}]`];
    }
    const values = Array.from(actual.data as ArrayLike<number | bigint>, Number);
    const at = expected.data.findIndex((value, index) => {
      const want = Number(value);
      const got = values[index] as number;
      if (Number.isNaN(want)) return !Number.isNaN(got);
      const allowed = Number.isFinite(want) ? 1e-5 * Math.abs(want) : 0;
      return !(got === want || Math.abs(got - want) <= allowed);
    });
    return at < 0 ? [] : [`${name}[${at}] is ${values[at]}, not ${expected.data[at]}`];
  });
}
