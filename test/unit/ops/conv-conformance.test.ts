/** Conv's reference against published cases and against onnxruntime. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toReference } from '../../../src/core/reference.ts';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { conv } from '../../../src/ops/conv/schema.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { evaluateNode } from '../../../src/passes/evaluate-node.ts';
import { describePublished } from '../../support/conformance.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { expectOnnxruntimeAgrees } from '../../support/onnxruntime.ts';
import { tensorOf, uniform } from '../../support/random.ts';

type Attributes = Readonly<Record<string, PlainAttribute>>;

async function evaluate(inputs: readonly HostTensor[], attributes: Attributes) {
  const node = buildNode({
    ...{ name: 'conv', op: 'Conv', inputs: ['X', 'W', 'B'].slice(0, inputs.length) },
    ...{ outputs: ['Y'], attributes: attributeValues(attributes) },
  });
  const [result] = await evaluateNode(node, conv, inputs, inputs);
  if (!result) throw new Error('no result');
  return { dims: result.dims, value: Array.from(toReference(result).value, Number) };
}

describePublished(['Conv']);

interface TrapCase {
  readonly name: string;
  readonly op: string;
  readonly attributes?: Attributes;
  readonly inputs: Readonly<Record<string, { shape: number[]; data: (number | string)[] }>>;
  readonly outputs: TrapCase['inputs'];
}

const traps = new URL('../../../../shared/cases/cases.json', import.meta.url);
const hasTraps = existsSync(traps);

describe.skipIf(!hasTraps)('inputs on which engines go wrong (skipped without ../shared)', () => {
  const all: readonly TrapCase[] = hasTraps ? JSON.parse(readFileSync(traps, 'utf8')).cases : [];
  const tensor = ({ shape, data }: { shape: number[]; data: (number | string)[] }) =>
    tensorOf(shape, data.map(Number));

  it.each(all.filter(({ op }) => op === 'Conv'))('$name', async (one) => {
    const inputs = Object.values(one.inputs).map(tensor);
    const { dims, value } = await evaluate(inputs, one.attributes ?? {});
    const expected = one.outputs.Y;
    if (!expected) throw new Error('no Y');
    expect(dims).toEqual(expected.shape);
    value.forEach((found, index) => {
      const want = Number(expected.data[index]);
      if (Number.isNaN(want)) expect(found, `[${index}]`).toBeNaN();
      else if (!Number.isFinite(want)) expect(found, `[${index}]`).toBe(want);
      else expect(Math.abs(found - want)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(want)));
    });
  });
});

describe('onnxruntime computes the same', () => {
  const cases: readonly (readonly [string, readonly number[], readonly number[], Attributes])[] = [
    ['four different pads', [2, 5, 9, 8], [6, 5, 3, 4], { pads: [0, 1, 2, 3] }],
    ['strides, dilations', [1, 4, 11, 12], [3, 4, 3, 2], { strides: [2, 3], dilations: [2, 3] }],
    ['SAME_UPPER', [1, 3, 10, 7], [4, 3, 4, 2], { auto_pad: 'SAME_UPPER', strides: [2, 3] }],
    ['SAME_LOWER', [1, 3, 10, 7], [4, 3, 4, 2], { auto_pad: 'SAME_LOWER', strides: [2, 3] }],
    ['VALID', [1, 3, 10, 7], [4, 3, 4, 2], { auto_pad: 'VALID' }],
    ['groups', [2, 6, 5, 5], [9, 2, 3, 3], { group: 3, pads: [1, 1, 1, 1] }],
    ['depthwise', [1, 5, 6, 6], [5, 1, 3, 3], { group: 5, strides: [2, 2] }],
    ['one axis', [2, 3, 17], [4, 3, 5], { pads: [3, 1], strides: [2] }],
    ['three axes', [1, 2, 5, 6, 7], [3, 2, 2, 3, 3], { pads: [1, 0, 1, 0, 1, 1] }],
  ];

  it.each(cases)('%s', async (_, x, w, attributes) => {
    const inputs = [uniform(x, 1), uniform(w, 2), uniform([w[0] as number], 3)];
    const names = ['X', 'W', 'B'];
    const model = encodeModel({
      nodes: [{ op: 'Conv', inputs: names, outputs: ['Y'], attributes: attributes as never }],
      inputs: names.map((name, index) => ({ name, dims: inputs[index]?.dims ?? [] })),
      outputs: ['Y'],
    });
    const feeds = Object.fromEntries(names.map((name, at) => [name, inputs[at] as HostTensor]));
    await expectOnnxruntimeAgrees(model, feeds, await evaluate(inputs, attributes));
  });
});
