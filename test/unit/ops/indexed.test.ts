/** Gather and Scatter families and OneHot by hand, by published cases and by onnxruntime. */

import { describe, expect, it } from 'vitest';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { describePublished } from '../../support/conformance.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  inferNodeTypes,
  type SingleNode,
} from '../../support/single-node.ts';

const int64 = (dims: readonly number[], values: readonly number[]): HostTensor =>
  tensorOf(dims, values, 'int64');
const nan = Number.NaN;

const valuesOf = async (single: SingleNode) => (await computeNode(single))[0]?.values;

describe('GatherElements', () => {
  it('replaces one coordinate by an index, from the end where it is negative', async () => {
    const x = tensorOf([2, 3], [1, 2, 3, 4, 5, 6]);
    const inputs = [x, int64([2, 2], [0, -1, 2, 1])];
    const [result] = await computeNode({ op: 'GatherElements', inputs, attributes: { axis: 1 } });
    expect(result).toEqual({ type: 'float32', dims: [2, 2], values: [1, 3, 6, 5] });
  });

  it('takes fewer rows than the data has', async () => {
    const x = tensorOf([3, 2], [1, 2, 3, 4, 5, 6]);
    const inputs = [x, int64([1, 2], [2, 1])];
    expect(await valuesOf({ op: 'GatherElements', inputs })).toEqual([5, 4]);
  });
});

describe('GatherND', () => {
  const x = tensorOf([2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7]);

  it('takes elements by whole tuples and slices by short ones', async () => {
    const whole = { op: 'GatherND', inputs: [x, int64([2, 3], [0, 1, 1, -1, 0, 0])] };
    expect(await valuesOf(whole)).toEqual([3, 4]);
    const [slices] = await computeNode({
      op: 'GatherND',
      inputs: [x, int64([2, 2], [0, 1, 1, 0])],
    });
    expect(slices).toMatchObject({ dims: [2, 2], values: [2, 3, 4, 5] });
  });

  it('keeps batch dimensions apart', async () => {
    const attributes = { batch_dims: 1 };
    const inputs = [x, int64([2, 1], [1, 0])];
    const [result] = await computeNode({ op: 'GatherND', inputs, attributes });
    expect(result).toMatchObject({ dims: [2, 2], values: [2, 3, 4, 5] });
  });
});

describe('ScatterElements', () => {
  const data = tensorOf([1, 5], [1, 2, 3, 4, 5]);
  const indices = int64([1, 3], [1, 1, -2]);
  const updates = tensorOf([1, 3], [10, -4, 7]);

  it.each([
    ['none', [1, -4, 3, 7, 5]],
    ['add', [1, 8, 3, 11, 5]],
    ['mul', [1, -80, 3, 28, 5]],
    ['max', [1, 10, 3, 7, 5]],
    ['min', [1, -4, 3, 4, 5]],
  ])('%s, duplicates in their order', async (reduction, values) => {
    const attributes = { axis: 1, reduction };
    const single = { op: 'ScatterElements', inputs: [data, indices, updates], attributes };
    expect(await valuesOf(single)).toEqual(values);
  });

  it('gives NaN for a maximum or minimum with NaN', async () => {
    for (const reduction of ['max', 'min']) {
      const inputs = [tensorOf([2], [nan, 1]), int64([2], [0, 1]), tensorOf([2], [5, nan])];
      const attributes = { reduction };
      expect(await valuesOf({ op: 'ScatterElements', inputs, attributes })).toEqual([nan, nan]);
    }
  });

  it('wraps narrow integers and takes sums of truth values as "or"', async () => {
    const scatter = (type: 'int8' | 'bool', data: number, update: number) =>
      valuesOf({
        op: 'ScatterElements',
        inputs: [
          tensorOf([1], [data], type),
          int64([2], [0, 0]),
          tensorOf([2], [update, update], type),
        ],
        attributes: { reduction: 'add' },
      });
    expect(await scatter('int8', 100, 20)).toEqual([-116]);
    expect(await scatter('bool', 1, 1)).toEqual([1]);
  });

  it('was once called Scatter', async () => {
    const inputs = [data, indices, updates];
    const single = { op: 'Scatter', opset: 9, inputs, attributes: { axis: 1 } };
    expect(await valuesOf(single)).toEqual([1, -4, 3, 7, 5]);
  });
});

describe('ScatterND', () => {
  it('reduces slices at tuples, duplicates in their order', async () => {
    const data = tensorOf([3, 2], [1, 2, 3, 4, 5, 6]);
    const inputs = [data, int64([3, 1], [0, -1, 0]), tensorOf([3, 2], [10, 20, 30, 40, 50, 60])];
    const none = { op: 'ScatterND', inputs };
    expect(await valuesOf(none)).toEqual([50, 60, 3, 4, 30, 40]);
    const add = { ...none, attributes: { reduction: 'add' } };
    expect(await valuesOf(add)).toEqual([61, 82, 3, 4, 35, 46]);
  });
});

describe('OneHot', () => {
  it('cuts fractions off and has no class for what is out of range', async () => {
    const single = {
      op: 'OneHot',
      inputs: [tensorOf([5], [1.9, -1, -0.5, 3, -4]), int64([1], [3]), tensorOf([2], [2, 5])],
      attributes: { axis: 0 },
    };
    const [result] = await computeNode(single);
    expect(result).toEqual({
      type: 'float32',
      dims: [3, 5],
      values: [2, 2, 5, 2, 2, 5, 2, 2, 2, 2, 2, 5, 2, 2, 2],
    });
  });
});

describe('what is wrong, by name', () => {
  const x = tensorOf([2, 3], [1, 2, 3, 4, 5, 6]);
  const updates = tensorOf([1, 1], [0]);

  it.each<[string, readonly (HostTensor | undefined)[]]>([
    ['Gather', [x, int64([1], [2])]],
    ['GatherElements', [x, int64([1, 1], [-3])]],
    ['GatherND', [x, int64([1, 2], [1, 3])]],
    ['ScatterElements', [x, int64([1, 1], [2]), updates]],
    ['ScatterND', [x, int64([1, 2], [0, 3]), tensorOf([1], [0])]],
  ])('%s: an index that is known and out of range', (op, inputs) => {
    expect(() => inferNodeTypes({ op, inputs })).toThrow(
      /the index -?\d is outside an axis of size/,
    );
  });

  it.each<[string, readonly HostTensor[], RegExp]>([
    ['GatherElements', [x, int64([3, 1], [0, 0, 0])], /^$/],
    ['GatherElements', [x, int64([1, 4], [0, 0, 0, 0])], /do not lie in data/],
    ['GatherND', [x, int64([1, 3], [0, 0, 0])], /too long/],
    ['ScatterND', [x, int64([1, 1], [0]), updates], /updates of shape .* must have the shape/],
    ['ScatterElements', [x, int64([1, 1], [0]), tensorOf([1], [0])], /must have the shape/],
  ])('%s: shapes that do not fit (%#)', (op, inputs, message) => {
    const infer = () => inferNodeTypes({ op, inputs });
    if (message.source === '^$') expect(infer()[0]?.dims).toEqual([3, 1]);
    else expect(infer).toThrow(message);
  });

  it.each([-1, 2, 9])('batch_dims %i, of two dimensions', (batch_dims) => {
    const inputs = [x, int64([2, 1], [0, 0])];
    expect(() => inferNodeTypes({ op: 'GatherND', inputs, attributes: { batch_dims } })).toThrow(
      `batch_dims is ${batch_dims}, but must be from 0 to 1:`,
    );
  });

  it('an axis that there is not', () => {
    const gather = (data: HostTensor, axis: number) =>
      inferNodeTypes({ op: 'Gather', inputs: [data, int64([1], [0])], attributes: { axis } });
    expect(() => gather(tensorOf([], [1]), 0)).toThrow('there is no axis 0 in a tensor of rank 0');
    expect(() => gather(x, -3)).toThrow('there is no axis -3 in a tensor of rank 2');
  });

  it('an unknown reduction', async () => {
    const attributes = { reduction: 'mean' };
    const single = { op: 'ScatterND', inputs: [x, int64([1, 2], [0, 0]), updates], attributes };
    await expect(computeNode(single)).rejects.toThrow(/reduction is one of/);
  });
});

const operators = [
  'Gather',
  'GatherElements',
  'GatherND',
  'ScatterElements',
  'ScatterND',
  'OneHot',
];

describePublished(operators, { least: 3 });

describe('onnxruntime', () => {
  const x = uniform([3, 4, 5], 1);

  it.each<SingleNode>([
    {
      op: 'GatherElements',
      attributes: { axis: -2 },
      inputs: [x, integers([2, 7, 3], 2, { type: 'int64', low: -4, high: 3 })],
    },
    { op: 'GatherND', inputs: [x, integers([2, 3, 2], 3, { type: 'int64', low: -3, high: 2 })] },
    {
      op: 'GatherND',
      attributes: { batch_dims: 1 },
      inputs: [x, integers([3, 2, 1], 4, { type: 'int64', low: -4, high: 3 })],
    },
    {
      op: 'ScatterElements',
      attributes: { axis: 1 },
      inputs: [x, int64([1, 3, 2], [3, -3, 0, 0, 1, 2]), uniform([1, 3, 2], 5)],
    },
    ...['add', 'mul', 'max', 'min'].flatMap((reduction): SingleNode[] => [
      {
        op: 'ScatterElements',
        opset: 18,
        attributes: { axis: 2, reduction },
        inputs: [
          x,
          integers([2, 4, 9], 6, { type: 'int64', low: -5, high: 4 }),
          uniform([2, 4, 9], 7),
        ],
      },
      {
        op: 'ScatterND',
        opset: 18,
        attributes: { reduction },
        inputs: [x, integers([9, 2], 8, { type: 'int64', low: 0, high: 2 }), uniform([9, 5], 9)],
      },
    ]),
    {
      op: 'OneHot',
      attributes: { axis: 1 },
      inputs: [
        integers([3, 4], 10, { type: 'int64', low: -9, high: 9 }),
        int64([], [6]),
        tensorOf([2], [-1, 3]),
      ],
    },
  ])('agrees on $op, $attributes', async (single) => {
    await expectOnnxruntimeComputes(single);
  });
});
