/** Residual adds and activations fused into the node before them. */

import { describe, expect, test } from 'vitest';
import { foldBatchNorm } from '../../../src/passes/fold-batch-norm.ts';
import { fuseEpilogue } from '../../../src/passes/fuse-epilogue.ts';
import { inferShapes } from '../../../src/passes/infer-shapes.ts';
import { evaluate, f32, fakes, graphOf, linesOf, noise } from '../../support/fake-network.ts';

const dims = [2, 3, 2, 2];
const constants = {
  w: noise([3, 3]),
  v: noise([3, 3], 7),
  b: f32([3], 0.5, -0.25, 1),
  k: f32([3], 2, 3, -1),
  one: f32([1], 1),
};

const fuse = (lines: readonly string[], outputs = ['y']) => {
  const graph = inferShapes(graphOf({ x: dims, r: dims }, constants, lines, outputs), fakes);
  return { graph, fused: fuseEpilogue(graph, fakes) };
};

async function expectSameValues({ graph, fused }: ReturnType<typeof fuse>): Promise<void> {
  const feeds = { x: noise(dims, 3), r: noise(dims, 5) };
  const before = await evaluate(graph, feeds);
  expect(await evaluate(fused, feeds)).toEqual(before);
  expect(await evaluate(fused, feeds, 'origin')).toEqual(before);
}

const cases: [string, string[], string[]][] = [
  ['an activation', ['Dense(x, w, b) -> h', 'Relu(h) -> y'], ['Dense(x, w, b) + Relu -> y']],
  [
    'a residual: the last input, behind the place of the bias',
    ['Dense(x, w) -> h', 'Plus(h, r) -> y'],
    ['Dense(x, w, , r) + residual r -> y'],
  ],
  [
    'a residual that is the first operand of the add',
    ['Dense(x, w, b) -> h', 'Plus(r, h) -> y'],
    ['Dense(x, w, b, r) + residual r -> y'],
  ],
  [
    'a residual, then an activation',
    ['Dense(x, w, b) -> h', 'Plus(h, x) -> i', 'Relu(i) -> y'],
    ['Dense(x, w, b, x) + residual x + Relu -> y'],
  ],
  [
    'a residual that is made after the producer: the fused node moves',
    ['Dense(x, w) -> h', 'Relu(r) -> late', 'Plus(h, late) -> y'],
    ['Relu(r) -> late', 'Dense(x, w, , late) + residual late -> y'],
  ],
  [
    'of two producers, the later one',
    ['Dense(x, w) -> early', 'Dense(x, v) -> late', 'Plus(late, early) -> i', 'Relu(i) -> y'],
    ['Dense(x, w) -> early', 'Dense(x, v, , early) + residual early + Relu -> y'],
  ],
  [
    'with an activation before the add, the other producer',
    ['Dense(x, w) -> h', 'Dense(x, v) -> i', 'Relu(i) -> j', 'Plus(h, j) -> y'],
    ['Dense(x, v) + Relu -> j', 'Dense(x, w, , j) + residual j -> y'],
  ],
];
test.each(cases)('%s', async (_, lines, expected) => {
  const result = fuse(lines);
  expect(linesOf(result.fused)).toEqual(expected);
  await expectSameValues(result);
});

test('the originals are kept in order, and the fused node has the name of the producer', () => {
  const { fused } = fuse(['conv: Dense(x, w) -> h', 'add: Plus(h, r) -> i', 'act: Relu(i) -> y']);
  expect(fused.nodes.map(({ name }) => name)).toEqual(['conv']);
  expect(fused.nodes[0]?.origin?.map(({ name }) => name)).toEqual(['conv', 'add', 'act']);
});

test('after a fold, the originals are those of the model', async () => {
  const graph = inferShapes(
    graphOf(
      { x: dims, r: dims },
      constants,
      ['Dense(x, w) -> h', 'Norm(h, k, b) -> i', 'Plus(i, r) -> j', 'Relu(j) -> y'],
      ['y'],
    ),
    fakes,
  );
  const fused = fuseEpilogue(await foldBatchNorm(graph, fakes), fakes);
  expect(linesOf(fused)).toEqual(['Dense(x, h/i/weight, h/i/bias, r) + residual r + Relu -> y']);
  expect(fused.nodes[0]?.origin?.map(({ op }) => op)).toEqual(['Dense', 'Norm', 'Plus', 'Relu']);
  const feeds = { x: noise(dims, 3), r: noise(dims, 5) };
  expect(await evaluate(fused, feeds, 'origin')).toEqual(await evaluate(graph, feeds));
});

describe('not fused is', () => {
  const untouched: [string, string[], string[]][] = [
    ['across a graph output', ['Dense(x, w) -> h', 'Relu(h) -> y'], ['y', 'h']],
    [
      'across a value with two readers',
      ['Dense(x, w) -> h', 'Relu(h) -> y', 'Flat(h) -> z'],
      ['y', 'z'],
    ],
    ['an add of one value twice', ['Dense(x, w) -> h', 'Plus(h, h) -> y'], ['y']],
    ['an add that broadcasts', ['Dense(x, w) -> h', 'Plus(h, one) -> y'], ['y']],
    ['into an operator that has no epilogue', ['Flat(x) -> h', 'Relu(h) -> y'], ['y']],
    [
      'an add into an operator that only takes activations',
      ['Norm(x, k, b) -> h', 'Plus(h, r) -> y'],
      ['y'],
    ],
  ];
  test.each(untouched)('%s', (_, lines, outputs) => {
    expect(linesOf(fuse(lines, outputs).fused)).toEqual(lines);
  });

  test('a second activation, or an add behind an activation', async () => {
    const twice = fuse(['Dense(x, w) -> h', 'Relu(h) -> i', 'Relu(i) -> y']);
    expect(linesOf(twice.fused)).toEqual(['Dense(x, w) + Relu -> i', 'Relu(i) -> y']);
    const late = fuse(['Dense(x, w) -> h', 'Relu(h) -> i', 'Plus(i, r) -> y']);
    expect(linesOf(late.fused)).toEqual(['Dense(x, w) + Relu -> i', 'Plus(i, r) -> y']);
    await expectSameValues(late);
  });
});
