/** DeformConv's reference: hand-computed values, Conv where nothing moves, published cases, onnxruntime. */

import { describe, expect, it } from 'vitest';
import { describePublished } from '../../support/conformance.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  type SingleNode,
  valuesOf,
} from '../../support/single-node.ts';

type Attributes = NonNullable<SingleNode['attributes']>;

const deform = (inputs: SingleNode['inputs'], attributes: Attributes = {}): SingleNode => ({
  ...{ op: 'DeformConv', opset: 22, inputs, attributes },
});

describe('by hand', () => {
  const image = tensorOf([1, 1, 2, 3], [1, 2, 4, 10, 20, 40]);
  const one = tensorOf([1, 1, 1, 1], [1]);

  it('a tap moves down, then to the right', async () => {
    const down = tensorOf([1, 2, 2, 3], [0.5, 1, 2, -1, 0, 0, 0, 0, 0, 0, 0.25, 0.5]);
    // The second value past the last column is half of it.
    expect(await valuesOf(deform([image, one, down]))).toEqual([5.5, 20, 0, 1, 25, 20]);
  });

  it('is masked and biased', async () => {
    const none = tensorOf([1, 2, 2, 3], Array(12).fill(0));
    const mask = tensorOf([1, 1, 2, 3], [0, 1, 2, 0.5, 1, 1]);
    const inputs = [image, one, none, tensorOf([1], [100]), mask];
    expect(await valuesOf(deform(inputs))).toEqual([100, 102, 108, 105, 120, 140]);
  });

  it('each offset group moves its own channels', async () => {
    const x = tensorOf([1, 2, 1, 2], [1, 2, 10, 20]);
    const w = tensorOf([1, 2, 1, 1], [1, 1]);
    // The first channel moves to the right by one, the second stays.
    const offset = tensorOf([1, 4, 1, 2], [0, 0, 1, 1, 0, 0, 0, 0]);
    expect(await valuesOf(deform([x, w, offset], { offset_group: 2 }))).toEqual([12, 20]);
  });
});

describe('where nothing moves, it is Conv', () => {
  it.each<[string, number[], number[], Attributes]>([
    [
      'padded, strided, dilated',
      [2, 4, 7, 8],
      [6, 4, 3, 2],
      { pads: [1, 0, 2, 1], strides: [2, 1], dilations: [1, 2] },
    ],
    ['groups', [1, 6, 5, 5], [4, 3, 3, 3], { group: 2, pads: [1, 1, 1, 1] }],
    ['one axis', [2, 4, 9], [3, 4, 3], { pads: [1, 1], strides: [2] }],
    ['three axes', [1, 2, 4, 5, 6], [3, 2, 2, 3, 2], { pads: [1, 0, 1, 0, 1, 0] }],
  ])('%s', async (_, x, w, attributes) => {
    const inputs = [integers(x, 1), integers(w, 2)];
    const [want] = await computeNode({ op: 'Conv', inputs, attributes });
    const spatial = want?.dims.slice(2) ?? [];
    const taps = w.slice(2).reduce((product, size) => product * size, spatial.length);
    const dims = [x[0] as number, taps, ...spatial];
    const zero = uniform(dims, 3, { scale: 0 });
    expect(await valuesOf(deform([...inputs, zero], attributes))).toEqual(want?.values);
  });
});

describe('what is wrong is said in words', () => {
  const x = uniform([1, 4, 5, 5], 1);
  const w = uniform([2, 4, 3, 3], 2);
  const offset = uniform([1, 18, 3, 3], 3);
  it.each<[SingleNode, RegExp]>([
    [
      deform([x, w, uniform([1, 9, 3, 3], 3)]),
      /offset \[1,9,3,3\] of DeformConv must be \[1,18,3,3\]/,
    ],
    [deform([x, w, offset, undefined, uniform([1, 18, 3, 3], 4)]), /mask .* must be \[1,9,3,3\]/],
    [deform([x, w, offset, uniform([3], 4)]), /B \[3\] of DeformConv must be \[2\]/],
    [deform([x, w, offset], { group: 2 }), /needs 4 × 2 groups/],
    [deform([x, w, offset], { offset_group: 3 }), /do not divide into 3 offset groups/],
  ])('%#', async (one, message) => {
    await expect(computeNode(one)).rejects.toThrow(message);
  });
});

describePublished(['DeformConv']);

describe('onnxruntime computes the same', () => {
  const cases: [string, number[], number[], Attributes, { mask?: boolean; bias?: boolean }][] = [
    ['3 × 3', [2, 4, 6, 5], [3, 4, 3, 3], { pads: [1, 1, 1, 1] }, { mask: true, bias: true }],
    ['groups', [1, 6, 7, 5], [4, 3, 3, 2], { group: 2, offset_group: 3, strides: [2, 1] }, {}],
    [
      'dilations',
      [1, 2, 8, 9],
      [2, 2, 2, 3],
      { dilations: [2, 3], pads: [1, 2, 0, 3] },
      { mask: true },
    ],
  ];

  it.each(cases)('%s', async (_, x, w, attributes, { mask, bias }) => {
    const [want] = await computeNode({
      op: 'Conv',
      inputs: [uniform(x, 1), uniform(w, 2)],
      attributes: Object.fromEntries(
        Object.entries(attributes).filter(([name]) => name !== 'offset_group'),
      ),
    });
    const groups = Number(attributes.offset_group ?? 1);
    const taps = (w[2] as number) * (w[3] as number) * groups;
    const around = want?.dims.slice(2) ?? [];
    await expectOnnxruntimeComputes(
      deform(
        [
          uniform(x, 1),
          uniform(w, 2),
          uniform([x[0] as number, 2 * taps, ...around], 3, { scale: 2 }),
          bias ? uniform([w[0] as number], 4) : undefined,
          mask ? uniform([x[0] as number, taps, ...around], 5) : undefined,
        ],
        attributes,
      ),
    );
  });
});
