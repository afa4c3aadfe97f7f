/** Layouts and the conversions between them. */

import { describe, expect, test } from 'vitest';
import type { Graph } from '../../../src/graph/graph.ts';
import { assignLayouts } from '../../../src/passes/assign-layouts.ts';
import { fuseEpilogue } from '../../../src/passes/fuse-epilogue.ts';
import { inferShapes } from '../../../src/passes/infer-shapes.ts';
import { evaluate, fakes, graphOf, i64, linesOf, noise } from '../../support/fake-network.ts';

const dims = [2, 8, 4, 4];
const constants = { w: noise([8, 8]), c: noise(dims), shape: i64(2, 8, 4, 4), same: i64(2, 128) };

const assign = (lines: readonly string[], outputs = ['y'], fuse = false) => {
  const graph = inferShapes(graphOf({ x: dims, r: dims }, constants, lines, outputs), fakes);
  return { graph, assigned: assignLayouts(fuse ? fuseEpilogue(graph, fakes) : graph, fakes) };
};

/** Names of C4 values; every value of a node has a layout. */
function c4Of(graph: Graph): string[] {
  const values = graph.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  for (const name of values) {
    const isShape = graph.types.get(name)?.type === 'int64';
    if (name !== '') expect(graph.layouts?.has(name), name).toBe(!isShape);
  }
  return [...(graph.layouts ?? [])].filter(([, layout]) => layout === 'c4').map(([name]) => name);
}

test('conversions stand at the boundary; operators that take either follow', async () => {
  const { graph, assigned } = assign(['Dense(x, w) -> h', 'Relu(h) -> i', 'Dense(i, w) -> y']);
  expect(linesOf(assigned)).toEqual([
    'wgconv.ConvertLayout(x) -> x@c4',
    'Dense(x@c4, w) -> h',
    'Relu(h) -> i',
    'Dense(i, w) -> y@c4',
    'wgconv.ConvertLayout(y@c4) -> y',
  ]);
  expect(c4Of(assigned).sort()).toEqual(['h', 'i', 'x@c4', 'y@c4']);
  const feeds = { x: noise(dims, 3), r: noise(dims, 5) };
  expect(await evaluate(assigned, feeds)).toEqual(await evaluate(graph, feeds));
});

test('an operator that takes either stays linear between linear ones', () => {
  const { assigned } = assign(['Flat(x) -> h', 'Relu(h) -> i', 'Flat(i) -> y']);
  expect(linesOf(assigned)).toEqual(['Flat(x) -> h', 'Relu(h) -> i', 'Flat(i) -> y']);
  expect(c4Of(assigned)).toEqual([]);
});

test('a value is converted once for all of its readers', () => {
  const { assigned } = assign(
    [
      'Dense(x, w) -> a',
      'Dense(x, w) -> b',
      'Flat(a) -> f',
      'Flat(a) -> g',
      'Plus(f, g) -> y',
      'Dense(b, w) -> z',
    ],
    ['y', 'z'],
  );
  const conversions = linesOf(assigned).filter((line) => line.startsWith('wgconv'));
  expect(conversions).toEqual([
    'wgconv.ConvertLayout(x) -> x@c4',
    'wgconv.ConvertLayout(a) -> a@linear',
    'wgconv.ConvertLayout(z@c4) -> z',
  ]);
});

test('several readers that take either share one conversion instead of one each behind them', () => {
  const { assigned } = assign([
    'Flat(x) -> h',
    'Relu(h) -> a',
    'Relu(h) -> b',
    'Relu(h) -> c2',
    'Dense(a, w) -> d',
    'Dense(b, w) -> e',
    'Dense(c2, w) -> f',
    'Plus(d, e) -> g',
    'Plus(g, f) -> i',
    'Flat(i) -> y',
  ]);
  const conversions = linesOf(assigned).filter((line) => line.startsWith('wgconv'));
  expect(conversions).toEqual([
    'wgconv.ConvertLayout(h) -> h@c4',
    'wgconv.ConvertLayout(i) -> i@linear',
  ]);
});

test('a graph output that is read inside keeps its C4 form for that', () => {
  const { assigned } = assign(
    ['Dense(x, w) -> y', 'Dense(y, w) -> z', 'Flat(y) -> f'],
    ['y', 'z', 'f'],
  );
  expect(linesOf(assigned)).toEqual([
    'wgconv.ConvertLayout(x) -> x@c4',
    'Dense(x@c4, w) -> y@c4',
    'wgconv.ConvertLayout(y@c4) -> y',
    'Dense(y@c4, w) -> z@c4',
    'wgconv.ConvertLayout(z@c4) -> z',
    'Flat(y) -> f',
  ]);
  expect(assigned.layouts?.get('y')).toBe('linear');
});

test('a constant is converted like any value', () => {
  const { assigned } = assign(['Dense(x, w) -> h', 'Plus(h, c) -> i', 'Dense(i, w) -> y']);
  expect(linesOf(assigned)).toContain('wgconv.ConvertLayout(c) -> c@c4');
});

test('a residual lies as the output does, and the originals follow the new names', async () => {
  const { graph, assigned } = assign(['Dense(x, w) -> h', 'Plus(h, r) -> y'], ['y'], true);
  expect(linesOf(assigned)).toEqual([
    'wgconv.ConvertLayout(x) -> x@c4',
    'wgconv.ConvertLayout(r) -> r@c4',
    'Dense(x@c4, w, , r@c4) + residual r@c4 -> y@c4',
    'wgconv.ConvertLayout(y@c4) -> y',
  ]);
  const feeds = { x: noise(dims, 3), r: noise(dims, 5) };
  expect(await evaluate(assigned, feeds, 'origin')).toEqual(await evaluate(graph, feeds));
});

describe('views', () => {
  test('that keep the dims keep the layout', () => {
    const { assigned } = assign(['Dense(x, w) -> h', 'Identity(h) -> i', 'Dense(i, w) -> y']);
    expect(c4Of(assigned)).toContain('i');
    expect(linesOf(assigned)).toHaveLength(5);
  });

  test('with other dims are linear; the shape has no layout', () => {
    const { assigned } = assign(['Dense(x, w) -> h', 'Reshape(h, same) -> y']);
    expect(linesOf(assigned)).toEqual([
      'wgconv.ConvertLayout(x) -> x@c4',
      'Dense(x@c4, w) -> h',
      'wgconv.ConvertLayout(h) -> h@linear',
      'Reshape(h@linear, same) -> y',
    ]);
    expect(assigned.layouts?.has('same')).toBe(false);
  });
});

test('arithmetic on the host takes no part', () => {
  const graph = inferShapes(
    graphOf({ x: [4] }, { s: i64(1, 2) }, ['Double(s) -> d', 'Relu(x) -> y'], ['y', 'd']),
    fakes,
  );
  const assigned = assignLayouts(graph, fakes);
  expect([...(assigned.layouts ?? [])]).toEqual([
    ['x', 'linear'],
    ['y', 'linear'],
  ]);
});
