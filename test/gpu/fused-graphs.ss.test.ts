/** What passes fold and fuse computes, node by node, what the model's own nodes do. */

import { expect, test } from 'vitest';
import { elementsOf } from '../../src/core/tensor.ts';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { tensorOf, uniform } from '../support/random.ts';

const dims = [2, 3, 9, 7];

/** Pad → Conv → x · Sigmoid(x) → channel shuffle → Pad → AveragePool → Conv → x · HardSigmoid(x) */
const model = encodeModel({
  nodes: [
    { op: 'Pad', inputs: ['x', 'around'], outputs: ['padded'] },
    { op: 'Conv', name: 'conv1', inputs: ['padded', 'w1', 'b1'], outputs: ['c1'] },
    { op: 'Sigmoid', inputs: ['c1'], outputs: ['s1'] },
    { op: 'Mul', inputs: ['c1', 's1'], outputs: ['a1'] },
    { op: 'Reshape', inputs: ['a1', 'groups'], outputs: ['g'] },
    { op: 'Transpose', inputs: ['g'], outputs: ['t'], attributes: { perm: [0, 2, 1, 3, 4] } },
    { op: 'Reshape', inputs: ['t', 'image'], outputs: ['shuffled'] },
    { op: 'Pad', inputs: ['shuffled', 'after'], outputs: ['wider'] },
    {
      op: 'AveragePool',
      name: 'pool',
      inputs: ['wider'],
      outputs: ['mean'],
      attributes: { kernel_shape: [3, 3], strides: [2, 2] },
    },
    { op: 'Conv', name: 'conv2', inputs: ['mean', 'w2'], outputs: ['c2'] },
    {
      op: 'HardSigmoid',
      inputs: ['c2'],
      outputs: ['s2'],
      attributes: { alpha: 1 / 6, beta: 0.5 },
    },
    { op: 'Mul', inputs: ['s2', 'c2'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', dims }],
  outputs: ['y'],
  initializers: {
    around: tensorOf([8], [0, 0, 1, 0, 0, 0, 2, 3], 'int64'),
    w1: uniform([6, 3, 3, 3], 1),
    b1: uniform([6], 2),
    groups: tensorOf([5], [2, 2, 3, 10, 8], 'int64'),
    image: tensorOf([4], [2, 6, 10, 8], 'int64'),
    after: tensorOf([8], [0, 0, 0, 0, 0, 0, 1, 1], 'int64'),
    w2: uniform([5, 6, 1, 1], 3),
  },
});

test('folded pads, gates as activations and a channel shuffle are right', async () => {
  const session = await InferenceSession.create(model, { gpu: { ceiling: 'assume' } });
  const operators = session.report().nodes.map(({ operator }) => operator);
  expect(operators.filter((name) => name !== 'wgconv.ConvertLayout')).toEqual([
    ...['Conv', 'wgconv.Permute', 'AveragePool', 'Conv'],
  ]);
  const x = new Tensor('float32', elementsOf(uniform(dims, 4)), dims);
  const report = await session.verify({ x });
  expect(report.firstWrong).toBeUndefined();
  expect(report.ok).toBe(true);
  await session.dispose();
});

/** A split in place, whose parts are read by what makes the parts of a concatenation in place. */
const parts = encodeModel({
  nodes: [
    { op: 'Conv', name: 'conv', inputs: ['x', 'w'], outputs: ['whole'] },
    { op: 'Split', name: 'split', inputs: ['whole'], outputs: ['a', 'b'], attributes: { axis: 1 } },
    { op: 'Conv', inputs: ['a', 'wa'], outputs: ['c'] },
    { op: 'MaxPool', inputs: ['b'], outputs: ['d'], attributes: { kernel_shape: [1, 1] } },
    {
      op: 'Concat',
      name: 'join',
      inputs: ['c', 'd', 'a'],
      outputs: ['y'],
      attributes: { axis: 1 },
    },
    { op: 'Concat', name: 'again', inputs: ['c', 'd'], outputs: ['z'], attributes: { axis: 1 } },
    { op: 'Relu', inputs: ['z'], outputs: ['r'] },
  ],
  inputs: [{ name: 'x', dims: [1, 4, 8, 8] }],
  outputs: ['y', 'r'],
  initializers: { w: uniform([16, 4, 1, 1], 1), wa: uniform([8, 8, 1, 1], 2) },
});

test('what is cut and joined in place is right', async () => {
  const session = await InferenceSession.create(parts, {
    gpu: { ceiling: 'assume' },
    disable: ['fuse-epilogue'],
  });
  const homes = session.report().nodes.map(({ name, runsOn }) => [name, runsOn]);
  expect(homes).toContainEqual(['split', 'view']);
  expect(homes).toContainEqual(['join', 'gpu']);
  expect(homes).toContainEqual(['again', 'view']);
  const x = new Tensor('float32', elementsOf(uniform([1, 4, 8, 8], 4)), [1, 4, 8, 8]);
  const report = await session.verify({ x });
  expect(report.firstWrong).toBeUndefined();
  expect(report.ok).toBe(true);
  await session.dispose();
});
