/** Resize's reference against hand-computed values, published cases and onnxruntime. */

import { describe, expect, it } from 'vitest';
import { toReference } from '../../../src/core/reference.ts';
import { type HostTensor, hostTensor } from '../../../src/core/tensor.ts';
import { buildNode, requireOperator } from '../../../src/ops/build-node.ts';
import { findOperator } from '../../../src/ops/index.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { evaluateNode } from '../../../src/passes/evaluate-node.ts';
import { describePublished } from '../../support/conformance.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { expectOnnxruntimeAgrees } from '../../support/onnxruntime.ts';
import { tensorOf, uniform } from '../../support/random.ts';

type Attributes = Readonly<Record<string, PlainAttribute>>;

const integers = (values: readonly number[]): HostTensor =>
  hostTensor('int64', [values.length], BigInt64Array.from(values, BigInt));

interface Given {
  readonly roi?: readonly number[];
  readonly scales?: readonly number[];
  readonly sizes?: readonly number[];
}

const inputsOf = (x: HostTensor, { roi, scales, sizes }: Given) => [
  x,
  roi && tensorOf([roi.length], [...roi]),
  scales && tensorOf([scales.length], [...scales]),
  sizes && integers(sizes),
];

async function evaluate(x: HostTensor, given: Given, attributes: Attributes = {}) {
  const inputs = inputsOf(x, given);
  const node = buildNode({
    ...{ name: 'resize', op: 'Resize', outputs: ['Y'], attributes: attributeValues(attributes) },
    inputs: ['X', 'roi', 'scales', 'sizes'].map((name, at) => (inputs[at] ? name : '')),
  });
  const operator = requireOperator(node, findOperator);
  const [result] = await evaluateNode(node, operator, inputs, inputs);
  if (!result) throw new Error('no result');
  return { dims: result.dims, value: Array.from(toReference(result).value, Number) };
}

describe('by hand', () => {
  const x = tensorOf([1, 1, 1, 2], [0, 8]);

  it('linear, half_pixel: positions −0.25, 0.25, 0.75, 1.25', async () => {
    const { dims, value } = await evaluate(x, { scales: [1, 1, 1, 2] }, { mode: 'linear' });
    expect(dims).toEqual([1, 1, 1, 4]);
    expect(value).toEqual([0, 2, 6, 8]);
  });

  it('linear, align_corners: positions 0, 1/3, 2/3, 1', async () => {
    const attributes = { mode: 'linear', coordinate_transformation_mode: 'align_corners' };
    const { value } = await evaluate(x, { sizes: [1, 1, 1, 4] }, attributes);
    expect(value.map((found) => Math.round(found * 3e5) / 1e5)).toEqual([0, 8, 16, 24]);
  });

  it('nearest: a half goes down, or up', async () => {
    const three = tensorOf([3], [1, 2, 3]);
    const attributes = { coordinate_transformation_mode: 'asymmetric' };
    const down = await evaluate(three, { sizes: [6] }, attributes);
    expect(down.value).toEqual([1, 1, 2, 2, 3, 3]);
    const up = await evaluate(three, { sizes: [6] }, { ...attributes, nearest_mode: 'ceil' });
    expect(up.value).toEqual([1, 2, 2, 3, 3, 3]);
  });

  it('nearest: 4.5 · 7 / 9 − 0.5 is 3, not a hair less', async () => {
    const seven = tensorOf([7], [0, 1, 2, 3, 4, 5, 6]);
    const { value } = await evaluate(seven, { sizes: [9] }, { nearest_mode: 'floor' });
    expect(value[4]).toBe(3);
  });

  it.each(['linear', 'cubic'])('antialias to nothing gives nothing: %s', async (mode) => {
    const x = tensorOf([1, 1, 1, 4], [1, 2, 3, 4]);
    const { dims, value } = await evaluate(x, { sizes: [1, 1, 1, 0] }, { mode, antialias: 1 });
    expect([dims, [...value]]).toEqual([[1, 1, 1, 0], []]);
  });

  it('antialias halves by the triangle of four', async () => {
    const four = tensorOf([4], [0, 8, 16, 24]);
    // Weights 1, 3, 3, 1 of 8 around 0.5; the border is repeated.
    const { value } = await evaluate(four, { scales: [0.5] }, { mode: 'linear', antialias: 1 });
    expect(value[0]).toBeCloseTo((0 + 0 + 3 * 8 + 16) / 8, 6);
  });

  it('float32 decides the size: 0.7 of 10 is 7', async () => {
    const { dims } = await evaluate(uniform([10], 1), { scales: [0.7] });
    expect(dims).toEqual([7]);
  });
});

describe('what is wrong is said in words', () => {
  const x = uniform([1, 1, 4, 4], 1);

  it.each<[string, Given, Attributes, RegExp]>([
    ['lengths', { scales: [2, 2] }, {}, /scales \[2,2\].*one for each of 4 axes/],
    ['both', { scales: [1, 1, 2, 2], sizes: [1, 1, 8, 8] }, {}, /both scales and sizes/],
    ['sign', { scales: [1, 1, 2, -2] }, {}, /must be positive/],
    ['mode', { scales: [1, 1, 2, 2] }, { mode: 'lanczos' }, /mode "lanczos" is none of/],
  ])('%s', async (_, given, attributes, message) => {
    await expect(evaluate(x, given, attributes)).rejects.toThrow(message);
  });
});

/**
 * The published values divide by the output's length before rounding; the specification's formula
 * and onnxruntime divide by the length itself (see `src/ops/resize/axes.ts`).
 */
const contested = [
  'test_resize_downsample_scales_linear_align_corners',
  'test_resize_downsample_scales_cubic_align_corners',
];

describePublished(['Resize', 'Upsample'], { except: contested });

describe('onnxruntime computes the same', () => {
  const transform = (name: string) => ({ coordinate_transformation_mode: name });
  const cases: readonly (readonly [string, readonly number[], Given, Attributes])[] = [
    ['linear up', [1, 2, 5, 4], { scales: [1, 1, 2, 3] }, { mode: 'linear' }],
    ['linear down', [1, 2, 9, 7], { sizes: [1, 2, 4, 3] }, { mode: 'linear' }],
    [
      'linear, align_corners down',
      [1, 1, 4, 5],
      { scales: [1, 1, 0.6, 0.6] },
      { mode: 'linear', ...transform('align_corners') },
    ],
    [
      'linear, asymmetric',
      [1, 2, 5, 4],
      { scales: [1, 1, 1.7, 2.2] },
      { mode: 'linear', ...transform('asymmetric') },
    ],
    [
      'linear, pytorch_half_pixel',
      [1, 2, 5, 4],
      { sizes: [1, 2, 1, 9] },
      { mode: 'linear', ...transform('pytorch_half_pixel') },
    ],
    ['cubic', [1, 2, 5, 6], { sizes: [1, 2, 8, 11] }, { mode: 'cubic' }],
    [
      'cubic, exclude_outside',
      [1, 1, 5, 6],
      { sizes: [1, 1, 8, 11] },
      { mode: 'cubic', exclude_outside: 1, cubic_coeff_a: -0.5 },
    ],
    [
      'nearest, floor',
      [1, 2, 5, 4],
      { scales: [1, 1, 2.5, 0.6] },
      { nearest_mode: 'floor', ...transform('asymmetric') },
    ],
    ['nearest, half_pixel', [1, 2, 5, 4], { sizes: [1, 2, 7, 9] }, {}],
    ['trilinear', [1, 1, 3, 4, 5], { sizes: [1, 1, 5, 7, 4] }, { mode: 'linear' }],
  ];

  it.each(cases)('%s', async (_, dims, given, attributes) => {
    const x = uniform(dims, 1);
    const inputs = inputsOf(x, given);
    const names = ['X', 'roi', 'scales', 'sizes'];
    const model = encodeModel({
      nodes: [
        {
          ...{ op: 'Resize', outputs: ['Y'], attributes: attributes as never },
          inputs: names.map((name, at) => (inputs[at] ? name : '')),
        },
      ],
      inputs: [{ name: 'X', dims }],
      outputs: ['Y'],
      initializers: Object.fromEntries(
        names.flatMap((name, at) =>
          at > 0 && inputs[at] ? [[name, inputs[at] as HostTensor]] : [],
        ),
      ),
    });
    await expectOnnxruntimeAgrees(model, { X: x }, await evaluate(x, given, attributes));
  });
});
