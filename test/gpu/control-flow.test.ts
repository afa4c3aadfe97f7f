/** A loop with a choice in it, unrolled and decided before it runs on the GPU. */

import { expect, test } from 'vitest';
import { Tensor } from '../../src/core/tensor.ts';
import { InferenceSession } from '../../src/session/session.ts';
import { type BodyInput, encodeModel } from '../support/onnx-writer.ts';
import { tensorOf } from '../support/random.ts';

const branch = (op: string): { graph: BodyInput } => ({
  graph: {
    nodes: [{ op, inputs: ['sum'], outputs: [op] }],
    inputs: [],
    outputs: [{ name: op, dims: [3] }],
  },
});

/** s = -(s + x) in the first turn, |s + x| in the others. */
const body: BodyInput = {
  nodes: [
    { op: 'Add', inputs: ['s', 'x'], outputs: ['sum'] },
    { op: 'Equal', inputs: ['trip', 'zero'], outputs: ['isFirst'] },
    {
      op: 'If',
      inputs: ['isFirst'],
      outputs: ['next'],
      attributes: { then_branch: branch('Neg'), else_branch: branch('Abs') },
    },
    { op: 'Identity', inputs: ['go'], outputs: ['still'] },
    { op: 'Identity', inputs: ['next'], outputs: ['scan'] },
  ],
  inputs: [
    { name: 'trip', type: 'int64', dims: [] },
    { name: 'go', type: 'bool', dims: [] },
    { name: 's', dims: [3] },
  ],
  outputs: [
    { name: 'still', type: 'bool', dims: [] },
    { name: 'next', dims: [3] },
    { name: 'scan', dims: [3] },
  ],
  initializers: { zero: tensorOf([], [0], 'int64') },
};

test('Loop and If run on the GPU as what they come to', async () => {
  const model = encodeModel({
    opset: 13,
    nodes: [
      {
        op: 'Loop',
        inputs: ['count', 'go', 'x'],
        outputs: ['last', 'all'],
        attributes: { body: { graph: body } },
      },
    ],
    inputs: [{ name: 'x', dims: [3] }],
    outputs: ['last', 'all'],
    initializers: { count: tensorOf([], [3], 'int64'), go: tensorOf([], [1], 'bool') },
  });
  const session = await InferenceSession.create(model);
  const x = new Tensor('float32', Float32Array.of(1, -2, 0.5), [3]);
  const { last, all } = await session.run({ x });
  expect([...(all?.data ?? [])]).toEqual([-2, 4, -1, 1, 2, 0.5, 2, 0, 1]);
  expect([...(last?.data ?? [])]).toEqual([2, 0, 1]);
  expect(all?.dims).toEqual([3, 3]);
  const { nodes } = session.report();
  expect(nodes.map(({ operator }) => operator)).not.toContain('Loop');
  expect(nodes.map(({ runsOn }) => runsOn)).toContain('gpu');
  await session.dispose();
});
