/** Which concatenations are written in place, and which have to copy. */

import { describe, expect, it } from 'vitest';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { InferenceSession } from '../../../src/index.ts';
import { prepare } from '../../../src/passes/index.ts';
import { createPlan } from '../../../src/plan/create-plan.ts';
import type { BufferRef } from '../../../src/plan/plan.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { tensorOf, uniform } from '../../support/random.ts';

/** x → conv1 ─┐
 *  x → conv2 ─┴ Concat (with a third part) → conv3 → y */
async function homeOfJoin(third: 'none' | 'constant'): Promise<string | undefined> {
  const model = encodeModel({
    nodes: [
      { op: 'Conv', inputs: ['x', 'w1'], outputs: ['c1'] },
      { op: 'Conv', inputs: ['x', 'w2'], outputs: ['c2'] },
      {
        op: 'Concat',
        name: 'join',
        inputs: ['c1', ...(third === 'constant' ? ['constant'] : []), 'c2'],
        outputs: ['joined'],
        attributes: { axis: 1 },
      },
      { op: 'Conv', inputs: ['joined', third === 'none' ? 'w3' : 'w4'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [1, 4, 8, 8] }],
    outputs: ['y'],
    initializers: {
      w1: uniform([8, 4, 1, 1], 1),
      w2: uniform([4, 4, 1, 1], 2),
      w3: uniform([8, 12, 1, 1], 3),
      w4: uniform([8, 16, 1, 1], 4),
      constant: uniform([1, 4, 8, 8], 5),
    },
  });
  const { graph } = await InferenceSession.create(model, { backend: 'cpu' });
  const { original, prepared } = await prepare(graph, {});
  const plan = await createPlan(prepared, compatibilityCaps, { original });
  return plan.nodes[plan.graph.nodes.findIndex(({ name }) => name === 'join')]?.home;
}

describe('a concatenation along the channels', () => {
  it('takes its parts where their producers write them', async () => {
    expect(await homeOfJoin('none')).toBe('joined');
  });

  it('copies where a part is a constant: that lies among the weights', async () => {
    expect(await homeOfJoin('constant')).toBe('device');
  });

  it('keeps its parts until it is whole, even where nothing reads it then', async () => {
    const model = encodeModel({
      nodes: [
        { op: 'ReduceSum', inputs: ['x'], outputs: ['y0'] },
        { op: 'Neg', inputs: ['part'], outputs: ['negative'] },
        { op: 'Abs', inputs: ['other'], outputs: ['y1'] },
        { op: 'Concat', inputs: ['negative'], outputs: ['joined'], attributes: { axis: 0 } },
        { op: 'Slice', inputs: ['joined', 'zero', 'zero', 'axis'], outputs: ['empty'] },
      ],
      inputs: [
        { name: 'x', dims: [2000] },
        { name: 'part', dims: [36, 2] },
        { name: 'other', dims: [1000] },
      ],
      outputs: ['y0', 'y1', 'empty'],
      initializers: {
        zero: tensorOf([1], [0], 'int64'),
        axis: tensorOf([1], [1], 'int64'),
      },
    });
    const { graph } = await InferenceSession.create(model, { backend: 'cpu' });
    const { original, prepared } = await prepare(graph, {});
    const { values, nodes } = await createPlan(prepared, compatibilityCaps, { original });
    expect(nodes.map(({ home }) => home)).toContain('joined');
    const range = (name: string) =>
      values.get(name)?.buffer as Extract<BufferRef, { kind: 'pool' }>;
    const [part, between] = [range('negative'), range('y1')];
    const apart =
      part.index !== between.index ||
      part.offset >= between.offset + between.bytes ||
      between.offset >= part.offset + part.bytes;
    expect(apart).toBe(true);
  });
});

/** x → first → Split of 16 channels (or rows) along an axis → two readers → y0, y1 */
async function homeOfSplit(
  sizes: readonly [number, number],
  { dims = [1, 16, 8, 8], axis = 1, passed = false } = {},
): Promise<string | undefined> {
  const model = encodeModel({
    nodes: [
      { op: 'Relu', name: 'first', inputs: ['x'], outputs: ['whole'] },
      {
        op: 'Split',
        name: 'cut',
        inputs: [passed ? 'x' : 'whole', 'sizes'],
        outputs: ['a', 'b'],
        attributes: { axis },
      },
      { op: 'Exp', inputs: ['a'], outputs: ['y0'] },
      { op: 'Exp', inputs: ['b'], outputs: ['y1'] },
    ],
    inputs: [{ name: 'x', dims }],
    outputs: ['y0', 'y1', ...(passed ? ['whole'] : [])],
    initializers: { sizes: tensorOf([2], sizes, 'int64') },
  });
  const { graph } = await InferenceSession.create(model, { backend: 'cpu' });
  const { original, prepared } = await prepare(graph, {});
  const plan = await createPlan(prepared, compatibilityCaps, { original });
  return plan.nodes[plan.graph.nodes.findIndex(({ name }) => name === 'cut')]?.home;
}

describe('a split', () => {
  it('leaves its parts where they lie, of a graph input, too', async () => {
    expect(await homeOfSplit([4, 12])).toBe('joined');
    expect(await homeOfSplit([4, 12], { passed: true })).toBe('joined');
    expect(await homeOfSplit([64, 3], { dims: [67, 5], axis: 0 })).toBe('joined');
  });

  it('copies where a part begins inside a block or at no address that can be bound', async () => {
    expect(await homeOfSplit([3, 13], { dims: [1, 16, 5, 5] })).toBe('device');
    expect(await homeOfSplit([4, 12], { dims: [1, 16, 5, 5] })).toBe('device');
    expect(await homeOfSplit([4, 12], { dims: [2, 16, 8, 8] })).toBe('device');
    expect(await homeOfSplit([60, 7], { dims: [67, 5], axis: 0 })).toBe('device');
  });
});
