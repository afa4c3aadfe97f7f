/** Layers that are applied to inputs of different shapes in one model, against TensorFlow.js. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { InferenceSession, type Tensor } from '../../../src/index.ts';
import * as layers from '../../../src/layers/index.ts';
import { feedsFor } from '../../support/keras-files.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Peer = (x: tf.Tensor4D, weights: readonly tf.Tensor[]) => tf.Tensor;

/** The first difference between `apply` on two inputs in one model, and `peer` on each by itself. */
async function expectShares(
  shapes: readonly [readonly number[], readonly number[]],
  apply: (x: layers.SymbolicTensor) => layers.SymbolicTensor,
  peer: Peer,
): Promise<void> {
  const inputs = shapes.map((shape, index) => layers.input({ shape, name: `x${index}` }));
  const net = layers.model({ inputs, outputs: inputs.map((x) => apply(x)) });
  const session = await InferenceSession.create(await net.toGraph(), { backend: 'cpu' });
  const feeds = feedsFor(session);
  const results = await session.run(feeds);
  const weights = net
    .getWeights()
    .map(({ data, dims }) => tf.tensor(data as Float32Array, [...dims]));
  session.outputNames.forEach((name, index) => {
    const { data, dims } = feeds[`x${index}`] as Tensor;
    const fed: tf.Tensor = tf.tensor(data as Float32Array, [...dims]);
    const expected = peer(fed as tf.Tensor4D, weights);
    const own = results[name] as Tensor;
    expect(own.dims).toEqual(expected.shape);
    const values = expected.dataSync();
    const error = (own.data as Float32Array).map((value, at) =>
      Math.abs(value - (values[at] as number)),
    );
    expect(Math.max(...error)).toBeLessThan(1e-5);
  });
}

test('a dense layer sees images of two shapes in the order height, width, channels', async () => {
  const pool = layers.maxPooling2d({ poolSize: 1 });
  const flatten = layers.flatten();
  const dense = layers.dense({ units: 2 });
  await expectShares(
    [
      [2, 3, 4],
      [4, 3, 2],
    ],
    (x) => dense.apply(flatten.apply(pool.apply(x))),
    (x, [kernel]) => tf.matMul(x.reshape([2, 24]), kernel as tf.Tensor2D),
  );
});

test('a convolution with a padding value of its own pads each input as it needs', async () => {
  const conv = layers.conv2d({
    ...{ filters: 2, kernelSize: 2, strides: 2, padding: 'same', paddingValue: 1 },
  });
  await expectShares(
    [
      [4, 4, 1],
      [5, 5, 1],
    ],
    (x) => conv.apply(x),
    (x, [kernel]) => {
      // An odd size has its one row and column of padding at the end.
      const end = (x.shape[1] ?? 0) % 2;
      const padded = tf.pad(x, [[0, 0], [0, end], [0, end], [0, 0]], 1); // biome-ignore format: pairs
      return tf.conv2d(padded as tf.Tensor4D, kernel as tf.Tensor4D, 2, 'valid');
    },
  );
});

test('a size that a reshape leaves open is what each input has left', async () => {
  const reshape = layers.reshape({ targetShape: [2, -1] });
  await expectShares(
    [
      [4, 3],
      [4, 5],
    ],
    (x) => reshape.apply(x),
    (x) => x.reshape([2, 2, -1]),
  );
});
