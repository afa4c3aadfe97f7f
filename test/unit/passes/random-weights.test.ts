/** Seeded weights: which constants they replace, in which ranges, and what they do to activations. */

import { describe, expect, test } from 'vitest';
import { elementsOf, type HostTensor } from '../../../src/core/tensor.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { inferShapes } from '../../../src/passes/infer-shapes.ts';
import { randomiseWeights } from '../../../src/passes/random-weights.ts';
import { evaluate, f32, fakes, graphOf, i64, noise } from '../../support/fake-network.ts';

const zeros = (...dims: number[]) =>
  f32(dims, ...new Array<number>(dims.reduce((a, b) => a * b, 1)).fill(0));

const elements = (graph: Graph, name: string) =>
  Array.from(elementsOf(graph.constants.get(name) as HostTensor) as Float32Array);

const rootMeanSquare = (values: ArrayLike<number>) =>
  Math.sqrt(
    Array.from(values, (value) => value * value).reduce((a, b) => a + b, 0) / values.length,
  );

describe('a small network', () => {
  const graph = inferShapes(
    graphOf(
      { x: [1, 64, 2, 2] },
      {
        w: zeros(32, 64),
        b: zeros(32),
        scale: zeros(32),
        shift: zeros(32),
        k: f32([32], ...new Array<number>(32).fill(1)),
        w2: zeros(8, 32),
        one: f32([1], 1),
        s: i64(1, 32),
      },
      [
        'Dense(x, w, b) -> a',
        'Norm(a, scale, shift) -> c',
        'Times(c, k) -> d',
        'Plus(d, one) -> e',
        'Dense(e, w2) -> f',
        'Reshape(f, s) -> y',
      ],
      ['y'],
    ),
    fakes,
  );
  const weights = randomiseWeights(graph, 1, fakes);

  test('keeps integers and single values', () => {
    expect(weights.constants.get('s')).toBe(graph.constants.get('s'));
    expect(weights.constants.get('one')).toBe(graph.constants.get('one'));
  });

  test('keeps shapes and types', () => {
    for (const [name, { type, dims }] of graph.constants) {
      expect(weights.constants.get(name)).toMatchObject({ type, dims });
    }
  });

  test('scales weights by their fan-in', () => {
    expect(rootMeanSquare(elements(weights, 'w'))).toBeCloseTo(1 / Math.sqrt(64), 2);
  });

  test('has scales near 1 and small shifts', () => {
    for (const name of ['scale', 'k']) {
      const values = elements(weights, name);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0.8);
      expect(Math.max(...values)).toBeLessThanOrEqual(1.2);
      expect(new Set(values).size).toBe(32);
    }
    for (const name of ['b', 'shift']) {
      expect(Math.max(...elements(weights, name).map(Math.abs))).toBeLessThanOrEqual(0.1);
    }
  });

  test('is the same for the same seed, and another for another', () => {
    expect(elements(randomiseWeights(graph, 1, fakes), 'w')).toEqual(elements(weights, 'w'));
    expect(elements(randomiseWeights(graph, 2, fakes), 'w')).not.toEqual(elements(weights, 'w'));
    expect(elements(weights, 'scale')).not.toEqual(elements(weights, 'k'));
  });
});

test('thirty residual blocks neither vanish nor overflow', async () => {
  const width = 24;
  const constants: Record<string, HostTensor> = {};
  const lines: string[] = [];
  for (let block = 0; block < 30; block++) {
    constants[`v${block}`] = zeros(width, width);
    constants[`w${block}`] = zeros(width, width);
    lines.push(
      `Dense(x${block}, v${block}) -> a${block}`,
      `Relu(a${block}) -> b${block}`,
      `Dense(b${block}, w${block}) -> c${block}`,
      `Plus(x${block}, c${block}) -> x${block + 1}`,
    );
  }
  const dims = [1, width, 3, 3];
  const graph = inferShapes(graphOf({ x0: dims }, constants, lines, ['x30', 'b29']), fakes);
  const outputs = await evaluate(randomiseWeights(graph, 3, fakes), { x0: noise(dims) });
  for (const values of Object.values(outputs)) {
    expect(rootMeanSquare(values)).toBeGreaterThan(0.05);
    expect(rootMeanSquare(values)).toBeLessThan(20);
  }
});
