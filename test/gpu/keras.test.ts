/** Layers models of Keras and TensorFlow.js on the GPU: fetched with their shards, verified, and as TensorFlow.js. */

import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { InferenceSession, Tensor } from '../../src/index.ts';
import {
  bytesOf,
  differences,
  feedsFor,
  saveModel,
  seededFloats,
  seedWeights,
} from '../support/keras-files.ts';

const address = new URL(
  '../../node_modules/@upscalerjs/default-model/models/model.json',
  import.meta.url,
);

test.skipIf(address.protocol === 'file:')(
  'a model is fetched with the shards beside it, and its nodes are right',
  async () => {
    const read: string[] = [];
    const session = await InferenceSession.create(address, {
      onProgress: ({ stage, detail = '' }) => {
        if (stage === 'read') read.push(detail);
      },
    });
    expect(read).toContain('group1-shard1of1.bin');
    const pixels = seededFloats([1, 12, 10, 3], 3).map((value) => 127.5 + 127.5 * value);
    const report = await session.verify({ LR: new Tensor('float32', pixels, [1, 12, 10, 3]) });
    expect(report.ok).toBe(true);
    await session.dispose();
  },
);

test('a saved model gives the values of TensorFlow.js', async () => {
  await tf.setBackend('cpu');
  const { layers } = tf;
  const x = tf.input({ shape: [12, 12, 3], name: 'x' });
  const same = { kernelSize: 3, padding: 'same' } as const;
  const stem = layers.conv2d({ ...same, filters: 8, strides: 2 }).apply(x);
  const norm = layers.batchNormalization().apply(stem);
  const act = layers.reLU({ maxValue: 6 }).apply(norm) as tf.SymbolicTensor;
  const depthwise = layers.depthwiseConv2d(same).apply(act) as tf.SymbolicTensor;
  const sum = layers.add().apply([act, depthwise]);
  const up = layers.conv2dTranspose({ ...same, filters: 4, strides: 2 }).apply(sum);
  const pooled = layers.maxPooling2d({ poolSize: 2 }).apply(up);
  const flat = layers.flatten().apply(pooled);
  const outputs = layers.dense({ units: 5, activation: 'softmax' }).apply(flat);
  const model = seedWeights(tf.model({ inputs: x, outputs: outputs as tf.SymbolicTensor }));
  const { json, shards } = await saveModel(model);
  const session = await InferenceSession.create(bytesOf(json), { externalData: shards });
  expect(await differences(session, model, feedsFor(session), 1e-4)).toEqual([]);
  await session.dispose();
});
