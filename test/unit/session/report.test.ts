/** What a report says of the nodes of a model of which nothing is left to run. */

import { expect, test } from 'vitest';
import { InferenceSession } from '../../../src/session/session.ts';
import { dataDependent, folded } from '../../support/cases/activations.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { tensorOf } from '../../support/random.ts';

const known = 'what is needed of it follows from constants and shapes, before a run';

async function reported(model: Uint8Array, shapes: Record<string, number[]> = {}) {
  const session = await InferenceSession.create(model, { backend: 'cpu' });
  await session.prepare(shapes);
  const report = session.report();
  await session.dispose();
  return report;
}

test('shape arithmetic and what constants give', async () => {
  const { nodes, leftOut } = await reported(encodeModel(folded.model), { x: [2, 1, 2, 2] });
  expect(leftOut.map(({ operator, reason }) => [operator, reason])).toEqual(
    ['Shape', 'Gather', 'Concat', 'Shape', 'Cast', 'Mul'].map((operator) => [operator, known]),
  );
  // Each node is in one of the lists.
  expect(nodes.length + leftOut.length).toBe(folded.model.nodes.length);
});

test('what no output depends on, and a decided branch', async () => {
  const body = (op: string) => ({
    graph: {
      nodes: [{ op, name: 'inner', inputs: ['x'], outputs: ['z'] }],
      inputs: [],
      outputs: ['z'],
    },
  });
  const model = encodeModel({
    opset: 13,
    nodes: [
      { op: 'Neg', name: 'unread', inputs: ['x'], outputs: ['u'] },
      {
        op: 'If',
        name: 'either',
        inputs: ['yes'],
        outputs: ['y'],
        attributes: { then_branch: body('Relu'), else_branch: body('Neg') },
      },
    ],
    inputs: [{ name: 'x', dims: [2] }],
    outputs: ['y'],
    initializers: { yes: tensorOf([], [1], 'bool') },
  });
  const { nodes, leftOut } = await reported(model);
  expect(nodes.map(({ operator }) => operator)).toContain('Relu');
  expect(leftOut).toEqual([
    { name: 'unread', operator: 'Neg', reason: 'no output depends on it' },
    { name: 'either', operator: 'If', reason: known },
  ]);
});

test('a model that is cut leaves nothing out', async () => {
  expect((await reported(encodeModel(dataDependent.model))).leftOut).toEqual([]);
});
