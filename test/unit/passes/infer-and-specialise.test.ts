/** Types with symbols, and with the symbols bound. */

import { describe, expect, test } from 'vitest';
import { WgconvError } from '../../../src/core/errors.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { prepare } from '../../../src/passes/index.ts';
import { inferShapes } from '../../../src/passes/infer-shapes.ts';
import { shapeInputs, specialise } from '../../../src/passes/specialise.ts';
import { evaluate, f32, fakes, graphOf, i64, linesOf, noise } from '../../support/fake-network.ts';
import { fakeOperator, lookupOf } from '../../support/fake-operators.ts';

/** `name: dims` of the values that have a type. */
const typesOf = (graph: Graph) =>
  Object.fromEntries([...graph.types].map(([name, { dims }]) => [name, dims.join(',')]));

async function errorOf(run: () => unknown): Promise<WgconvError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof WgconvError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const network = () =>
  graphOf(
    { x: ['N', 3, 'H', 'W'] },
    { w: noise([4, 3]), b: f32([4], 1, 2, 3, 4) },
    ['Dense(x, w, b) -> h', 'Relu(h) -> y'],
    ['y'],
  );

describe('inference', () => {
  test('carries symbols through the graph', () => {
    expect(typesOf(inferShapes(network(), fakes))).toEqual({
      x: 'N,3,H,W',
      w: '4,3',
      b: '4',
      h: 'N,4,H,W',
      y: 'N,4,H,W',
    });
  });

  test('leaves values open whose shape is computed, and all that follow', () => {
    const graph = graphOf(
      { x: ['N', 6] },
      {},
      ['Shape(x) -> s', 'Double(s) -> d', 'Reshape(x, d) -> r', 'Relu(r) -> y'],
      ['y'],
    );
    expect(typesOf(inferShapes(graph, fakes))).toEqual({ x: 'N,6', s: '2', d: '2' });
  });

  test('falls back on what the model declares of such a value', () => {
    const graph = graphOf(
      { x: ['N', 6], d: [2] },
      {},
      ['Reshape(x, d) -> r', 'Relu(r) -> y'],
      ['y'],
    );
    const types = new Map(graph.types).set('r', { type: 'float32', dims: ['N', 2, 3] });
    expect(typesOf(inferShapes({ ...graph, types }, fakes)).y).toBe('N,2,3');
  });

  test('names the node where static shapes do not fit', async () => {
    const picky = fakeOperator({
      type: 'Picky',
      infer: () => {
        throw new WgconvError('invalid-shape', 'these do not fit');
      },
    });
    const graph = graphOf({ x: [1, 2] }, {}, ['p: Picky(x) -> y'], ['y']);
    const error = await errorOf(() => inferShapes(graph, lookupOf(picky)));
    expect(error.message).toBe('these do not fit (Picky node "p")');
    expect(error.code).toBe('invalid-shape');
  });
});

describe('specialisation', () => {
  test('binds symbols', async () => {
    const graph = await specialise(network(), { x: [2, 3, 5, 7] }, fakes);
    expect(graph.inputs).toEqual([{ name: 'x', type: 'float32', dims: [2, 3, 5, 7] }]);
    expect(typesOf(graph)).toMatchObject({ h: '2,4,5,7', y: '2,4,5,7' });
  });

  test('computes the shapes that other nodes need; the nodes that make them go', async () => {
    const graph = await specialise(
      graphOf(
        { x: ['N', 6], z: ['M', 'K'] },
        {},
        ['Shape(z) -> s', 'Double(s) -> d', 'Reshape(x, d) -> y'],
        ['y'],
      ),
      { x: [2, 6], z: [3, 1] },
      fakes,
    );
    expect(linesOf(graph)).toEqual(['Reshape(x, d) -> y']);
    expect(typesOf(graph).y).toBe('6,2');
    expect(graph.constants.get('d')?.bytes).toEqual(i64(6, 2).bytes);
  });

  test('takes the shape of a value that it cannot know', async () => {
    // The shape of h is known although h itself is not.
    const graph = await specialise(
      graphOf(
        { x: ['N', 3] },
        { w: noise([4, 3]) },
        ['Dense(x, w) -> h', 'Shape(h) -> s', 'Reshape(h, s) -> y'],
        ['y'],
      ),
      { x: [5, 3] },
      fakes,
    );
    expect(typesOf(graph).y).toBe('5,4');
    const feeds = { x: noise([5, 3]) };
    expect((await evaluate(graph, feeds)).y).toHaveLength(20);
  });

  test('needs no shapes where all are static', async () => {
    const graph = graphOf({ x: [1, 2] }, {}, ['Relu(x) -> y'], ['y']);
    expect(typesOf(await specialise(graph, {}, fakes)).y).toBe('1,2');
  });

  const cases: [string, Graph, Record<string, number[]>, string, string][] = [
    [
      'a wrong rank',
      network(),
      { x: [3, 5, 7] },
      'wrong-shape',
      'the input "x" takes the shape [N,3,H,W], not [3,5,7]: it has 4 dimensions, not 3',
    ],
    [
      'a wrong size',
      network(),
      { x: [1, 4, 5, 7] },
      'wrong-shape',
      'the input "x" takes the shape [N,3,H,W], not [1,4,5,7]: dimension 1 is 3',
    ],
    [
      'a size that is none',
      network(),
      { x: [1.5, 3, 5, 7] },
      'wrong-shape',
      'the input "x" takes the shape [N,3,H,W], not [1.5,3,5,7]: 1.5 is no size',
    ],
    [
      'one symbol with two sizes',
      graphOf({ a: ['N', 2], b: ['N'] }, {}, ['Plus(a, b) -> y'], ['y']),
      { a: [2, 2], b: [3] },
      'wrong-shape',
      'the input "b" takes the shape [N], not [3]: N is 2 in the input "a"',
    ],
    [
      'a missing shape',
      network(),
      {},
      'missing-input',
      'the input "x" has the shape [N,3,H,W]; say which sizes it takes',
    ],
    [
      'a shape of an input that the model lacks',
      network(),
      { x: [1, 3, 5, 7], image: [1] },
      'unknown-input',
      'the model has no input "image"; it has "x"',
    ],
    [
      'a shape that depends on data',
      graphOf({ x: [6], d: [2] }, {}, ['r: Reshape(x, d) -> y'], ['y']),
      {},
      'invalid-shape',
      'the shape of "y" cannot be known beforehand: it depends on the values of "d", which only exist in a run (Reshape node "r")',
    ],
  ];
  test.each(cases)('names %s', async (_, graph, shapes, code, message) => {
    const error = await errorOf(() => specialise(graph, shapes, fakes));
    expect(error.message).toBe(message);
    expect(error.code).toBe(code);
  });
});

describe('inputs that shapes depend on', () => {
  const graph = graphOf(
    { x: [2, 6], z: ['M', 'K'], image: [1, 2, 3], d: [2], list: [2] },
    {},
    [
      'Shape(z) -> s',
      'Double(d) -> e',
      'Reshape(x, e) -> y',
      'Reshape(x, s) -> t',
      'Reshape(x, image) -> u',
      'Relu(list) -> v',
    ],
    ['y', 't', 'u', 'v'],
  );

  test('are found through arithmetic, but not through shapes, and never an image', () => {
    expect(shapeInputs(graph, fakes)).toEqual(['d']);
  });

  test('are constants where their values are given', async () => {
    const fixed = await specialise(
      graphOf(
        { x: [2, 6], d: [2] },
        {},
        ['Reshape(x, d) -> y', 'Relu(d) -> z', 'Plus(z, d) -> w'],
        ['y', 'w'],
      ),
      {},
      fakes,
      { d: i64(4, 3) },
    );
    expect(typesOf(fixed).y).toBe('4,3');
    expect(fixed.inputs.map(({ name }) => name)).toEqual(['x', 'd']);
    expect(linesOf(fixed)).toEqual([
      'Reshape(x, d:value) -> y',
      'Relu(d:value) -> z',
      'Plus(z, d:value) -> w',
    ]);
    expect([...fixed.constants.keys()]).toEqual(['d:value']);
  });
});

test('constants that depend on shapes have other names for other values', async () => {
  const graph = graphOf(
    { x: ['N', 3] },
    { w: noise([4, 3]) },
    ['Shape(x) -> s', 'Dense(x, w) -> y', 'Double(s) -> t', 'Plus(t, s) -> z'],
    ['y', 'z'],
  );
  const reading = { ...graph, outputs: ['y', 'r'], nodes: [...graph.nodes] };
  reading.nodes.push({
    name: 'r',
    op: 'Reshape',
    inputs: ['x', 's'],
    outputs: ['r'],
    attributes: {},
  });
  const namesFor = async (batch: number) => {
    const { prepared } = await prepare(reading, { x: [batch, 3] }, { find: fakes });
    const reshape = prepared.nodes.find(({ op }) => op === 'Reshape');
    const name = reshape?.inputs[1] ?? '';
    expect(prepared.constants.get(name)?.bytes).toEqual(i64(batch, 3).bytes);
    expect(prepared.constants.has('w')).toBe(true);
    return name;
  };
  const [first, second, again] = [await namesFor(1), await namesFor(2), await namesFor(1)];
  expect(first).toMatch(/^s#[0-9a-f]{16}$/);
  expect(second).not.toBe(first);
  expect(again).toBe(first);
});
