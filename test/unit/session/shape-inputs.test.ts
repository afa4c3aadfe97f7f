/** A session whose output shape is the value of an input: each value has its own plan. */

import { expect, test } from 'vitest';
import { InferenceSession, Tensor } from '../../../src/index.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

test('the shape given to a Reshape may change from run to run', async () => {
  const model = encodeModel({
    nodes: [{ op: 'Reshape', inputs: ['x', 'shape'], outputs: ['y'] }],
    inputs: [
      { name: 'x', dims: [2, 3] },
      { name: 'shape', type: 'int64', dims: [2] },
    ],
    outputs: ['y'],
  });
  const session = await InferenceSession.create(model, { backend: 'cpu' });
  expect(session.inputNames).toEqual(['x', 'shape']);
  const x = new Tensor('float32', Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  const target = BigInt64Array.of(3n, 2n);
  for (const dims of [
    [3, 2],
    [6, 1],
    [3, 2],
  ]) {
    // The same array each time: the session must not take the old plan for the new values.
    target.set(dims.map(BigInt));
    const { y } = await session.run({ x, shape: new Tensor('int64', target, [2]) });
    expect(y?.dims).toEqual(dims);
    expect(y?.data).toEqual(x.data);
  }
  await session.dispose();
});
