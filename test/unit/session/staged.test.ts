/** Models with data-dependent shapes on the cpu backend; errors of what follows a cut. */

import { expect, it } from 'vitest';
import { Tensor } from '../../../src/core/tensor.ts';
import { InferenceSession } from '../../../src/session/session.ts';
import { stagedCases } from '../../support/cases/staged.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { runOnnxruntime } from '../../support/onnxruntime.ts';
import { tensorOf } from '../../support/random.ts';
import { expectStagedAgrees } from '../../support/staged.ts';

it.each(stagedCases)('$name, as onnxruntime', async (testCase) => {
  await expectStagedAgrees(testCase, 'cpu', async (feeds) => {
    const theirs = await runOnnxruntime(testCase.model, feeds);
    return Object.fromEntries(theirs) as unknown as Record<string, Tensor>;
  });
});

it('says where each node will run before it has run', async () => {
  const [detector] = stagedCases;
  if (!detector) throw new Error('no case');
  const session = await InferenceSession.create(detector.model, { backend: 'cpu' });
  const homes = session.report().nodes.map(({ operator, runsOn }) => `${operator} ${runsOn}`);
  expect(homes).toContain('Conv cpu');
  expect(homes).toContain('NonMaxSuppression cpu');
  expect(homes).toContain('Gather later');
  await session.dispose();
});

it('names the node that cannot be planned for the shape that came, and runs on', async () => {
  const model = encodeModel({
    opset: 13,
    nodes: [
      { op: 'NonZero', inputs: ['x'], outputs: ['places'] },
      { op: 'Reshape', name: 'pairs', inputs: ['places', 'shape'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [4] }],
    outputs: ['y'],
    initializers: { shape: tensorOf([2], [2, -1], 'int64') },
  });
  const session = await InferenceSession.create(model, { backend: 'cpu' });
  const run = async (...values: number[]) => {
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.from(values), [4]) });
    return y?.dims;
  };
  expect(await run(1, 0, 0, 1)).toEqual([2, 1]);
  await expect(run(1, 1, 0, 1)).rejects.toMatchObject({ node: 'pairs', code: 'invalid-shape' });
  expect(await run(1, 1, 1, 1)).toEqual([2, 2]);
  await session.dispose();
});
