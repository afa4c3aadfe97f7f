/** Trailing outputs that nobody reads go with dead code: those that are left stay what they were. */

import { expect, test } from 'vitest';
import { elementsOf } from '../../src/core/tensor.ts';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { encodeModel, type NodeInput } from '../support/onnx-writer.ts';
import { tensorOf, uniform } from '../support/random.ts';

const dims = [2, 3, 4, 4];
const initializers = {
  scale: tensorOf([3], [1, 0.5, 2]),
  shift: tensorOf([3], [0, 1, -1]),
  mean: tensorOf([3], [0.5, -0.5, 0]),
  variance: tensorOf([3], [1, 2, 3]),
  row: tensorOf([4], [1, 2, 3, 4]),
  two: tensorOf([1], [2], 'int64'),
};
const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: NodeInput['attributes'] = {},
): NodeInput => ({ op, inputs: ['x', ...inputs], outputs, attributes });

const nodes = [
  node('MaxPool', [], ['y', 'indices'], { kernel_shape: [2, 2] }),
  node('TopK', ['two'], ['y', 'indices']),
  node('Dropout', [], ['y', 'mask']),
  node('Split', [], ['y', 'rest'], { axis: 2, num_outputs: 2 }),
  node('LayerNormalization', ['row'], ['y', 'mean1', 'factor']),
  node('BatchNormalization', ['scale', 'shift', 'mean', 'variance'], ['y', 'mean1', 'variance1'], {
    training_mode: 1,
  }),
];
const cases = nodes.flatMap((whole) =>
  whole.outputs.slice(1).map((_, index) => ({ op: whole.op, whole, kept: index + 1 })),
);

test.each(cases)('$op of which $kept outputs are read', async ({ whole, kept }) => {
  const wanted = whole.outputs.slice(0, kept);
  const open = (outputs: readonly string[], backend: 'cpu' | 'webgpu') =>
    InferenceSession.create(
      encodeModel({ nodes: [whole], inputs: [{ name: 'x', dims }], outputs, initializers }),
      { backend, gpu: { ceiling: 'assume' } },
    );
  const x = new Tensor('float32', elementsOf(uniform(dims, 1)), dims);
  const all = await (await open(whole.outputs, 'cpu')).run({ x });
  const some = await (await open(wanted, 'cpu')).run({ x });
  for (const name of wanted) expect(some[name]?.data).toEqual(all[name]?.data);

  const session = await open(wanted, 'webgpu');
  expect(Object.keys(await session.run({ x }))).toEqual(wanted);
  const report = await session.verify({ x });
  expect(report.firstWrong).toBeUndefined();
  expect(report.ok).toBe(true);
  await session.dispose();
});
