/** Which kernels a convolution of several groups gets, and which of them the cost model takes. */

import { describe, expect, test } from 'vitest';
import type { StaticTensorType } from '../../../src/core/shape.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { lazyAlgorithms, lowerConv } from '../../../src/ops/conv/lower.ts';
import { type ConvAttributes, conv } from '../../../src/ops/conv/schema.ts';
import { attributeValues } from '../../../src/ops/plain-attributes.ts';
import { rankCandidates } from '../../../src/plan/cost.ts';

await Promise.all(lazyAlgorithms.map(({ module }) => module.load()));

const software = {
  ...compatibilityCaps,
  software: true,
  ceiling: { gflops: 17, gbps: 3, dispatchSeconds: 15e-6, parallelism: 8 },
};

function lower(
  x: readonly number[],
  weight: readonly number[],
  group: number,
  attributes: Readonly<Record<string, number[]>> = { pads: [1, 1, 1, 1] },
  caps = compatibilityCaps,
) {
  const node = buildNode({
    name: 'conv',
    op: 'Conv',
    inputs: ['x', 'w'],
    outputs: ['y'],
    attributes: attributeValues({ ...attributes, group }),
  });
  const type = (dims: readonly number[]) => ({ type: 'float32' as const, dims });
  const types = [type(x), type(weight)];
  const [result] = conv.infer(types, node.attributes, () => undefined) as [StaticTensorType];
  const tensor = (dims: readonly number[], layout: 'c4' | 'linear') =>
    ({ ...type(dims), layout, element: 'f32' }) as const;
  const io = {
    inputs: [tensor(x, 'c4'), tensor(weight, 'linear')],
    outputs: [tensor(result.dims, 'c4')],
    epilogue: undefined,
    constant: () => undefined,
  };
  return rankCandidates(lowerConv(io, node.attributes as ConvAttributes, caps), caps).map(
    ({ candidate }) => candidate,
  );
}

const family = (algorithm = '') => algorithm.split('.')[0];
const families = (candidates: ReturnType<typeof lower>) =>
  [...new Set(candidates.map(({ algorithm }) => family(algorithm)))].sort();

describe('one input channel for each group', () => {
  test.each([
    ['multiplier 1', [32, 1, 3, 3], 32],
    ['multiplier 3', [96, 1, 3, 3], 32],
    ['a large kernel', [32, 1, 7, 7], 32],
  ])('%s has a kernel of its own', (_, weight, group) => {
    for (const caps of [compatibilityCaps, software]) {
      const candidates = lower([1, 32, 56, 56], weight, group, { pads: [1, 1, 1, 1] }, caps);
      expect(families(candidates)).toEqual(['depthwise']);
    }
  });

  test('taps are unrolled for 3×3 and 5×5 at strides 1 and 2, and 7×7, at any dilations', () => {
    const unrolled = (size: number, attributes: Readonly<Record<string, number[]>>) =>
      lower([1, 8, 16, 16], [8, 1, size, size], 8, attributes).map(
        ({ dispatches }) => dispatches[0]?.variant.kernelSize,
      );
    expect(new Set(unrolled(3, {}))).toEqual(new Set([3]));
    expect(new Set(unrolled(5, { strides: [2, 2] }))).toEqual(new Set([5]));
    expect(new Set(unrolled(7, {}))).toEqual(new Set([7]));
    expect(new Set(unrolled(3, { dilations: [1, 2] }))).toEqual(new Set([3]));
    expect(new Set(unrolled(3, { strides: [3, 3] }))).toEqual(new Set([0]));
    expect(new Set(unrolled(3, { strides: [1, 2] }))).toEqual(new Set([0]));
    expect(new Set(unrolled(2, {}))).toEqual(new Set([0]));
  });

  test('weights are packed to one vec4 for each block and tap', () => {
    const [best] = lower([1, 6, 8, 8], [6, 1, 3, 3], 6);
    expect(best?.packings.map(({ input, bytes }) => [input, bytes])).toEqual([[1, 2 * 9 * 16]]);
  });

  test('more planes than a dispatch takes in one dimension are folded', () => {
    for (const { dispatches } of lower([70_000, 4, 1, 1], [4, 1, 1, 1], 4, {})) {
      const [x = 0, y = 0] = dispatches[0]?.workgroups ?? [];
      expect(Math.max(x, y)).toBeLessThanOrEqual(65535);
    }
  });
});

describe('other groups', () => {
  const reads = (channels: number, outChannels: number, group: number) => [
    ...new Set(
      lower([1, channels, 8, 8], [outChannels, channels / group, 3, 3], group).map(
        ({ dispatches }) => dispatches[0]?.variant.reads,
      ),
    ),
  ];

  test('a block of outputs reads as its groups lie', () => {
    expect(reads(16, 24, 2)).toEqual(['blocks']);
    expect(reads(6, 8, 2)).toEqual(['channel']);
    expect(reads(8, 6, 2)).toEqual(['lanes']);
    expect(reads(9, 9, 3)).toEqual(['lanes']);
  });

  test('a tile takes two blocks only where both are of one group', () => {
    const blocks = (outChannels: number) =>
      lower([1, 8, 8, 8], [outChannels, 4, 3, 3], 2)
        .map(({ dispatches }) => dispatches[0]?.variant.blocks)
        .sort();
    expect(blocks(16)).toEqual([1, 2]);
    expect(blocks(24)).toEqual([1]);
  });
});
