/** Affine maps folded into weights: what is folded, that values stay, and what is left alone. */

import { describe, expect, test } from 'vitest';
import { numberToFloat16 } from '../../../src/core/dtype.ts';
import { elementsOf, type HostTensor, hostTensor } from '../../../src/core/tensor.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { foldBatchNorm } from '../../../src/passes/fold-batch-norm.ts';
import { inferShapes } from '../../../src/passes/infer-shapes.ts';
import { evaluate, f32, fakes, graphOf, linesOf, noise } from '../../support/fake-network.ts';

const constants = {
  w: noise([2, 3]),
  b: f32([2], 0.5, -0.25),
  scale: f32([2], 2, -3),
  shift: f32([2], 10, 20),
  k: f32([2], 0.1, 5),
};
const dims = [2, 3, 2, 2];
const feeds = { x: noise(dims, 3) };

const fold = async (
  lines: readonly string[],
  outputs = ['y'],
  more: Record<string, HostTensor> = {},
) => {
  const graph = inferShapes(graphOf({ x: dims }, { ...constants, ...more }, lines, outputs), fakes);
  return { graph, folded: await foldBatchNorm(graph, fakes) };
};

const elements = (graph: Graph, name: string) =>
  Array.from(elementsOf(graph.constants.get(name) as HostTensor) as Float32Array);

async function expectSameValues(graph: Graph, folded: Graph): Promise<void> {
  const before = await evaluate(graph, feeds);
  const after = await evaluate(folded, feeds);
  const composed = await evaluate(folded, feeds, 'origin');
  for (const [name, values] of Object.entries(before)) {
    // The originals are composed in float64, as before the fold; new weights are rounded once.
    expect(composed[name]).toEqual(values);
    expect(after[name]).toHaveLength(values.length);
    values.forEach((value, index) => {
      expect(after[name]?.[index]).toBeCloseTo(value, 4);
    });
  }
}

test('a batch normalisation goes into weight and bias', async () => {
  const { graph, folded } = await fold([
    'conv: Dense(x, w, b) -> h',
    'bn: Norm(h, scale, shift) -> y',
  ]);
  expect(linesOf(folded)).toEqual(['Dense(x, conv/bn/weight, conv/bn/bias) -> y']);
  expect(folded.nodes[0]?.name).toBe('conv');
  expect(folded.nodes[0]?.origin?.map(({ name }) => name)).toEqual(['conv', 'bn']);
  // s·b + t: 2 · 0.5 + 10 and −3 · −0.25 + 20.
  expect(elements(folded, 'conv/bn/bias')).toEqual([11, 20.75]);
  const w = Array.from(elementsOf(constants.w) as Float32Array);
  expect(elements(folded, 'conv/bn/weight')).toEqual(
    w.map((value, index) => Math.fround(value * (index < 3 ? 2 : -3))),
  );
  await expectSameValues(graph, folded);
});

test('a node without a bias gets one', async () => {
  const { graph, folded } = await fold(['Dense(x, w) -> h', 'Norm(h, scale, shift) -> y']);
  expect(elements(folded, 'h/y/bias')).toEqual([10, 20]);
  await expectSameValues(graph, folded);
});

test('a chain is composed in float64 and rounded once', async () => {
  const { graph, folded } = await fold([
    'Dense(x, w, b) -> h',
    'Norm(h, scale, shift) -> i',
    'Times(i, k) -> j',
    'Norm(j, k, b) -> y',
  ]);
  expect(linesOf(folded)).toEqual(['Dense(x, h/y/weight, h/y/bias) -> y']);
  expect(folded.nodes[0]?.origin).toHaveLength(4);
  const [k = 0] = elements(graph, 'k');
  // ((0.5 · 2 + 10) · k) · k + 0.5 with k = fround(0.1), in float64.
  expect(elements(folded, 'h/y/bias')[0]).toBe(Math.fround(11 * k * k + 0.5));
  await expectSameValues(graph, folded);
});

test('a map that only scales leaves the missing bias missing', async () => {
  const { graph, folded } = await fold(['Dense(x, w) -> h', 'Times(h, k) -> y']);
  expect(linesOf(folded)).toEqual(['Dense(x, h/y/weight, ) -> y']);
  await expectSameValues(graph, folded);
});

test('one bias for all channels becomes one for each', async () => {
  const { folded } = await fold(['Dense(x, w, one) -> h', 'Norm(h, scale, shift) -> y'], ['y'], {
    one: f32([1], 4),
  });
  expect(elements(folded, 'h/y/bias')).toEqual([18, 8]);
});

test('behind a node that is not linear, the first map takes the others', async () => {
  const { graph, folded } = await fold([
    'Dense(x, w) -> h',
    'Relu(h) -> r',
    'Norm(r, scale, shift) -> n',
    'Times(n, k) -> y',
  ]);
  expect(linesOf(folded)).toEqual([
    'Dense(x, w) -> h',
    'Relu(h) -> r',
    'Norm(r, n/y/weight, n/y/bias) -> y',
  ]);
  await expectSameValues(graph, folded);
});

test('two nodes with one weight get a weight each', async () => {
  const { graph, folded } = await fold(
    ['Dense(x, w) -> h', 'Times(h, k) -> y', 'Dense(x, w) -> i', 'Times(i, scale) -> z'],
    ['y', 'z'],
  );
  expect(linesOf(folded)).toEqual(['Dense(x, h/y/weight, ) -> y', 'Dense(x, i/z/weight, ) -> z']);
  await expectSameValues(graph, folded);
});

describe('left alone is a node', () => {
  const untouched: [string, string[], string[]][] = [
    ['whose output is a graph output', ['Dense(x, w) -> h', 'Times(h, k) -> y'], ['y', 'h']],
    [
      'whose output has another reader',
      ['Dense(x, w) -> h', 'Times(h, k) -> y', 'Relu(h) -> z'],
      ['y', 'z'],
    ],
    [
      'whose weight is no constant',
      ['Relu(wv) -> w2', 'Dense(x, w2) -> h', 'Times(h, k) -> y'],
      ['y'],
    ],
    [
      'whose bias is no constant',
      ['Relu(bv) -> b2', 'Dense(x, w, b2) -> h', 'Times(h, k) -> y'],
      ['y'],
    ],
    [
      'with factors that are no constants',
      ['Relu(bv) -> k2', 'Dense(x, w) -> h', 'Times(h, k2) -> y'],
      ['y'],
    ],
    ['with factors that are not finite', ['Dense(x, w) -> h', 'Times(h, bad) -> y'], ['y']],
    ['with a bias of another shape', ['Dense(x, w, column) -> h', 'Times(h, k) -> y'], ['y']],
    ['whose new weight would overflow', ['Dense(x, big) -> h', 'Times(h, k) -> y'], ['y']],
  ];
  test.each(untouched)('%s', async (_, lines, outputs) => {
    const graph = inferShapes(
      graphOf(
        { x: dims, wv: [2, 3], bv: [2] },
        {
          ...constants,
          bad: f32([2], 1, Infinity),
          column: f32([2, 1], 1, 2),
          big: f32([2, 3], 3e38, 3e38, 3e38, 3e38, 3e38, 3e38),
        },
        lines,
        outputs,
      ),
      fakes,
    );
    expect(linesOf(await foldBatchNorm(graph, fakes))).toEqual(lines);
  });

  test('whose float16 weight would overflow', async () => {
    const half = hostTensor('float16', [2, 3], new Uint16Array(6).fill(numberToFloat16(40000)));
    const lines = ['Dense(x, half) -> h', 'Times(h, scale) -> y'];
    expect(linesOf((await fold(lines, ['y'], { half })).folded)).toEqual(lines);
  });

  test('that already has an epilogue', async () => {
    const { graph } = await fold(['Dense(x, w) -> h', 'Times(h, k) -> y']);
    const nodes = graph.nodes.map((node, index) =>
      index === 0 ? { ...node, epilogue: { activation: { name: 'Relu', parameters: [] } } } : node,
    );
    expect((await foldBatchNorm({ ...graph, nodes }, fakes)).nodes).toHaveLength(2);
  });
});
