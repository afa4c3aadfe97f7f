/** Folding of constant expressions, and dropping of what nothing needs. */

import { describe, expect, test } from 'vitest';
import { elementsOf, type HostTensor, hostTensor } from '../../../src/core/tensor.ts';
import { removeDeadCode } from '../../../src/passes/dead-code.ts';
import { foldConstants } from '../../../src/passes/fold-constants.ts';
import { f32, fakes, graphOf, i64, linesOf } from '../../support/fake-network.ts';
import { fakeOperator, lookupOf } from '../../support/fake-operators.ts';

const values = (tensor: HostTensor | undefined) =>
  Array.from(elementsOf(tensor as HostTensor) as ArrayLike<number | bigint>);

describe('constant folding', () => {
  test('computes what depends on constants only, and rounds it to its type', async () => {
    const graph = await foldConstants(
      graphOf(
        { x: [1, 2] },
        { a: f32([2], 1, -2), b: f32([1], 2 ** -30) },
        ['Plus(a, b) -> c', 'Relu(c) -> d', 'Plus(x, d) -> y'],
        ['y'],
      ),
      fakes,
    );
    expect(linesOf(graph)).toEqual(['Plus(x, d) -> y']);
    // 1 + 2^-30 is 1 in float32.
    expect(values(graph.constants.get('c'))).toEqual([1, -2]);
    expect(values(graph.constants.get('d'))).toEqual([1, 0]);
    expect(graph.types.get('d')).toEqual({ type: 'float32', dims: [2] });
  });

  test('takes shapes from static types, but waits for symbolic ones', async () => {
    const lines = ['Shape(x) -> s', 'Double(s) -> d'];
    const open = await foldConstants(graphOf({ x: ['N', 3] }, {}, lines, ['d']), fakes);
    expect(linesOf(open)).toEqual(lines);
    const closed = await foldConstants(graphOf({ x: [2, 3] }, {}, lines, ['d']), fakes);
    expect(linesOf(closed)).toEqual([]);
    expect(values(closed.constants.get('d'))).toEqual([4n, 6n]);
  });

  test('gives a view of a constant the same bytes', async () => {
    const a = f32([4], 1, 2, 3, 4);
    const graph = await foldConstants(
      graphOf({}, { a, s: i64(2, 2) }, ['Reshape(a, s) -> y'], ['y']),
      fakes,
    );
    expect(graph.constants.get('y')).toEqual({ type: 'float32', dims: [2, 2], bytes: a.bytes });
    expect(graph.constants.get('y')?.bytes).toBe(a.bytes);
  });

  test('lets an operator make its constant itself', async () => {
    const made = hostTensor('float32', [2], Float32Array.of(7, 7));
    const find = lookupOf(
      fakeOperator({
        type: 'Fill',
        infer: () => [{ type: 'float32', dims: [2] }],
        traits: { hostFold: () => [made] },
        reference: () => Promise.reject(new Error('the way through float64 was taken')),
      }),
    );
    const graph = await foldConstants(graphOf({}, { s: i64(2) }, ['Fill(s) -> y'], ['y']), find);
    expect(graph.constants.get('y')).toBe(made);
  });

  test('refuses a constant beyond all memory, naming the node', async () => {
    const find = lookupOf(
      fakeOperator({ type: 'Fill', infer: () => [{ type: 'float32', dims: [2 ** 20, 2 ** 20] }] }),
    );
    const folding = foldConstants(graphOf({}, { s: i64(2) }, ['Fill(s) -> y'], ['y']), find);
    await expect(folding).rejects.toMatchObject({
      code: 'limit-exceeded',
      message:
        'a value of shape [1048576,1048576] would take 4398046511104 bytes; 2147483648 are allowed (Fill node "y")',
    });
  });
});

describe('dead code', () => {
  test('goes, with its constants and types', () => {
    const graph = removeDeadCode(
      graphOf(
        { x: [2], unused: [2] },
        { a: f32([2], 1, 2), b: f32([2], 1, 2) },
        ['Plus(x, a) -> y', 'Plus(x, b) -> dead', 'Relu(dead) -> deader'],
        ['y'],
      ),
      fakes,
    );
    expect(linesOf(graph)).toEqual(['Plus(x, a) -> y']);
    expect([...graph.constants.keys()]).toEqual(['a']);
    // The inputs are the model's interface.
    expect(graph.inputs.map((input) => input.name)).toEqual(['x', 'unused']);
    expect([...graph.types.keys()]).toEqual(['x', 'unused', 'a']);
  });

  test('loses trailing outputs that nobody reads, as far as the operator lets it', () => {
    const pool = fakeOperator({ type: 'Pool', arity: { inputs: [1, 1], outputs: [1, 2] } });
    const graph = graphOf(
      { x: [2] },
      {},
      ['Pool(x) -> y, indices', 'Pool(x) -> other, wanted'],
      ['y', 'wanted'],
    );
    expect(linesOf(removeDeadCode(graph, lookupOf(pool)))).toEqual([
      'Pool(x) -> y',
      'Pool(x) -> other, wanted',
    ]);
  });

  test('does not take the constants of the originals of a fused node', () => {
    const graph = graphOf(
      { x: [2] },
      { a: f32([2], 1, 2), b: f32([2], 1, 2) },
      ['Plus(x, a) -> y'],
      ['y'],
    );
    const [node] = graph.nodes;
    if (!node) throw new Error('no node');
    const origin = [{ ...node, inputs: ['x', 'b'] }];
    const kept = removeDeadCode({ ...graph, nodes: [{ ...node, origin }] }, fakes);
    expect([...kept.constants.keys()]).toEqual(['a', 'b']);
  });
});
