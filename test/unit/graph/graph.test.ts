/** Building, ordering and printing graphs. */

import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../src/graph/builder.ts';
import type { Node } from '../../../src/graph/graph.ts';
import { countOperators, printGraph } from '../../../src/graph/print.ts';
import { sortNodes } from '../../../src/graph/topology.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { attributeValues } from '../../../src/ops/plain-attributes.ts';
import { f32 } from '../../support/fake-network.ts';
import { fakeOperator, lookupOf } from '../../support/fake-operators.ts';

const node = (name: string, inputs: string[], outputs: string[]): Node => ({
  name,
  op: 'Op',
  inputs,
  outputs,
  attributes: {},
});

describe('the builder', () => {
  test('puts a graph together', () => {
    const builder = new GraphBuilder('net');
    const x = builder.input('x', 'float32', ['N', 2]);
    const w = builder.constant('w', f32([2], 1, 2));
    const y = builder.node(node('n', [x, w], [builder.unused('y')]));
    const graph = builder.build([y]);
    expect(graph.inputs).toEqual([{ name: 'x', type: 'float32', dims: ['N', 2] }]);
    expect(graph.outputs).toEqual(['y']);
    expect(graph.types.get('w')).toEqual({ type: 'float32', dims: [2] });
  });

  test('refuses a name that is taken, and finds one that is not', () => {
    const builder = new GraphBuilder('net');
    builder.input('x', 'float32', [1]);
    expect(() => builder.constant('x', f32([1], 1))).toThrow('the value "x" is made twice');
    expect(builder.unused('x')).toBe('x_2');
  });

  test('refuses an output that nothing makes', () => {
    expect(() => new GraphBuilder('net').build(['y'])).toThrow(
      'nothing in the graph makes the output "y"',
    );
  });
});

test('a node is built from plain attributes', () => {
  const find = lookupOf(
    fakeOperator({
      type: 'Probe',
      attributes: (source) => ({
        strides: source.ints('strides'),
        alpha: source.float('alpha', 1),
        whole: source.float('whole', 1),
        mode: source.string('mode', ''),
        absent: source.has('absent'),
      }),
    }),
  );
  const attributes = attributeValues({
    strides: [2, 2],
    alpha: 0.5,
    whole: { kind: 'float', value: 3 },
    mode: 'same',
    absent: undefined,
  });
  const built = buildNode(
    { name: 'p', op: 'Probe', inputs: ['x'], outputs: ['y'], attributes },
    find,
  );
  expect(built.attributes).toEqual({
    strides: [2, 2],
    alpha: 0.5,
    whole: 3,
    mode: 'same',
    absent: false,
  });
  expect(() => buildNode({ name: 'q', op: 'Odd', inputs: [], outputs: [] }, find)).toThrow(
    'wgconv has no operator Odd (Odd node "q")',
  );
});

describe('the order of nodes', () => {
  test('is kept where it is one', () => {
    const nodes = [node('b', ['x'], ['b']), node('a', ['x'], ['a']), node('c', ['a', 'b'], ['c'])];
    expect(sortNodes(nodes, new Set(['x']))).toEqual(nodes);
  });

  test('is found in a network that is deeper than the call stack', () => {
    const depth = 50_000;
    const chain = Array.from({ length: depth }, (_, at) =>
      node(`${at}`, [`v${at}`], [`v${at + 1}`]),
    );
    const sorted = sortNodes(chain.toReversed(), new Set(['v0']));
    expect(sorted).toEqual(chain);
  });

  test('does not exist in a cycle', () => {
    const nodes = [node('a', ['x', 'c'], ['a']), node('b', ['a'], ['b']), node('c', ['b'], ['c'])];
    expect(() => sortNodes(nodes, new Set(['x']))).toThrow(
      'the graph has a cycle: a → b → c → a (Op node "a")',
    );
    expect(() => sortNodes([node('self', ['s'], ['s'])], new Set())).toThrow(
      'the graph has a cycle: self → self (Op node "self")',
    );
  });
});

test('a graph prints as one line for each node', () => {
  const builder = new GraphBuilder('tiny');
  builder.input('x', 'float32', ['N', 3]);
  builder.constant('w', f32([2], 1, 2));
  builder.node({
    ...node('conv', ['x', 'w', '', 'x'], ['y']),
    epilogue: { residual: 3, activation: { name: 'Clip', parameters: [0, 6] } },
    origin: [node('conv', ['x', 'w'], ['h']), node('add', ['h', 'x'], ['y'])],
  });
  builder.node(node('pool', ['y', '', 'x'], ['z']));
  const graph = builder.build(['z']);
  const types = new Map(graph.types).set('y', { type: 'float32', dims: [1, 3] });
  const text = printGraph({ ...graph, types, layouts: new Map([['y', 'c4']]) });
  expect(text.split('\n')).toEqual([
    'graph tiny',
    '  input x: float32[N,3]',
    '  conv: Op(x, w=const float32[2]) + residual x, Clip(0, 6) → y: float32[1,3] c4  [conv, add]',
    '  pool: Op(y, ∅, x) → z',
    '  output z',
  ]);
  expect(countOperators(graph)).toEqual({ Op: 2 });
});
