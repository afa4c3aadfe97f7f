/** ConvTranspose's reference against hand-computed values, published cases and onnxruntime. */

import { describe, expect, it } from 'vitest';
import { toReference } from '../../../src/core/reference.ts';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { convTranspose } from '../../../src/ops/conv-transpose/schema.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { evaluateNode } from '../../../src/passes/evaluate-node.ts';
import { describePublished } from '../../support/conformance.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { expectOnnxruntimeAgrees } from '../../support/onnxruntime.ts';
import { tensorOf, uniform } from '../../support/random.ts';

type Attributes = Readonly<Record<string, PlainAttribute>>;

async function evaluate(inputs: readonly HostTensor[], attributes: Attributes = {}) {
  const node = buildNode({
    ...{ name: 'up', op: 'ConvTranspose', inputs: ['X', 'W', 'B'].slice(0, inputs.length) },
    ...{ outputs: ['Y'], attributes: attributeValues(attributes) },
  });
  const [result] = await evaluateNode(node, convTranspose, inputs, inputs);
  if (!result) throw new Error('no result');
  return { dims: result.dims, value: Array.from(toReference(result).value, Number) };
}

it('scatters each element, as computed by hand', async () => {
  const x = tensorOf([1, 1, 2], [1, 10]);
  const w = tensorOf([1, 1, 3], [1, 2, 3]);
  expect(await evaluate([x, w], { strides: [2] })).toEqual({
    dims: [1, 1, 5],
    value: [1, 2, 3 + 10, 20, 30],
  });
  // A pad takes outputs away, output_padding adds one that only the bias reaches.
  const bias = tensorOf([1], [100]);
  expect(await evaluate([x, w, bias], { strides: [2], pads: [1, 0], output_padding: [1] })).toEqual(
    { dims: [1, 1, 5], value: [102, 113, 120, 130, 100] },
  );
});

it('gives an odd pad of output_shape to the beginning, of SAME_UPPER to the end', async () => {
  const x = tensorOf([1, 1, 2], [1, 10]);
  const w = tensorOf([1, 1, 3], [1, 2, 3]);
  const shape = { strides: [2], output_shape: [4] };
  expect((await evaluate([x, w], shape)).value).toEqual([2, 13, 20, 30]);
  const upper = { strides: [2], auto_pad: 'SAME_UPPER' };
  expect((await evaluate([x, w], upper)).value).toEqual([1, 2, 13, 20]);
  const lower = { strides: [2], auto_pad: 'SAME_LOWER' };
  expect((await evaluate([x, w], lower)).value).toEqual([2, 13, 20, 30]);
});

describe('what is wrong is said in words', () => {
  const x = uniform([1, 4, 3, 3], 1);

  it.each<[string, readonly HostTensor[], Attributes, RegExp]>([
    ['channels', [x, uniform([3, 2, 2, 2], 2)], {}, /4 channels where W has weights for 3/],
    ['groups', [x, uniform([4, 2, 2, 2], 2)], { group: 3 }, /4 input channels.*3 groups/],
    ['bias', [x, uniform([4, 2, 2, 2], 2), uniform([3], 3)], {}, /B \[3\] must be \[2\]/],
    ['pads', [x, uniform([4, 2, 2, 2], 2)], { pads: [9, 9, 9, 9] }, /pads leave nothing/],
    ['lengths', [x, uniform([4, 2, 2, 2], 2)], { output_padding: [1] }, /output_padding.*1 values/],
  ])('%s', async (_, inputs, attributes, message) => {
    await expect(evaluate(inputs, attributes)).rejects.toThrow(message);
  });
});

describePublished(['ConvTranspose']);

describe('onnxruntime computes the same', () => {
  const cases: readonly (readonly [string, readonly number[], readonly number[], Attributes])[] = [
    ['stride 2', [2, 5, 4, 3], [5, 6, 3, 4], { strides: [2, 2], pads: [0, 1, 1, 2] }],
    [
      'strides 3 and 1, dilations',
      [1, 4, 5, 6],
      [4, 3, 3, 2],
      { strides: [3, 1], dilations: [2, 3] },
    ],
    ['stride beyond the kernel', [1, 2, 3, 3], [2, 3, 2, 2], { strides: [3, 4] }],
    ['output_padding', [1, 3, 4, 4], [3, 2, 3, 3], { strides: [2, 3], output_padding: [1, 2] }],
    ['output_shape', [1, 3, 4, 4], [3, 2, 3, 3], { strides: [2, 2], output_shape: [8, 9] }],
    ['groups', [2, 6, 4, 5], [6, 3, 3, 3], { group: 3, strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['depthwise', [1, 5, 4, 4], [5, 1, 4, 4], { group: 5, strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['one axis', [2, 3, 9], [3, 4, 5], { pads: [3, 1], strides: [2] }],
    ['SAME_UPPER', [1, 3, 5, 4], [3, 4, 4, 3], { auto_pad: 'SAME_UPPER', strides: [2, 2] }],
  ];

  it.each(cases)('%s', async (_, x, w, attributes) => {
    const group = typeof attributes.group === 'number' ? attributes.group : 1;
    const inputs = [uniform(x, 1), uniform(w, 2), uniform([(w[1] as number) * group], 3)];
    const names = ['X', 'W', 'B'];
    const model = encodeModel({
      nodes: [
        { op: 'ConvTranspose', inputs: names, outputs: ['Y'], attributes: attributes as never },
      ],
      inputs: names.map((name, index) => ({ name, dims: inputs[index]?.dims ?? [] })),
      outputs: ['Y'],
    });
    const feeds = Object.fromEntries(names.map((name, at) => [name, inputs[at] as HostTensor]));
    await expectOnnxruntimeAgrees(model, feeds, await evaluate(inputs, attributes));
  });
});
