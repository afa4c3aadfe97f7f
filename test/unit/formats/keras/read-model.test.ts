/** Layers models as TensorFlow.js saves them: they give TensorFlow.js's values. */

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { InferenceSession, Tensor } from '../../../../src/index.ts';
import {
  bytesOf,
  cut,
  differences,
  feedsFor,
  type KerasFiles,
  loadModel,
  type ModelFile,
  saveModel,
  seededFloats,
  seedWeights,
} from '../../../support/keras-files.ts';

const { layers } = tf;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const open = ({ json, shards }: KerasFiles) =>
  InferenceSession.create(bytesOf(json), { externalData: shards, backend: 'cpu' });

async function expectAgrees(model: tf.LayersModel, slack?: number): Promise<KerasFiles> {
  seedWeights(model);
  const files = await saveModel(model);
  const session = await open(files);
  expect(await differences(session, model, feedsFor(session), slack)).toEqual([]);
  return files;
}

describe('@upscalerjs/default-model', () => {
  test('enlarges a picture as TensorFlow.js does', async () => {
    const folder = new URL(
      '../../../../node_modules/@upscalerjs/default-model/models/',
      import.meta.url,
    );
    const json: ModelFile = JSON.parse(readFileSync(new URL('model.json', folder), 'utf8'));
    const [path = ''] = json.weightsManifest[0].paths;
    const files = {
      json,
      shards: [{ path, data: new Uint8Array(readFileSync(new URL(path, folder))) }],
    };
    const session = await open(files);
    expect(session.inputs).toEqual([
      { name: 'LR', type: 'float32', dims: ['N', 'height', 'width', 3] },
    ]);
    const pixels = seededFloats([1, 4, 5, 3], 3).map((value) => 127.5 + 127.5 * value);
    const feeds = { LR: new Tensor('float32', pixels, [1, 4, 5, 3]) };
    expect(session.outputNames).toEqual(['SR']);
    expect(await differences(session, await loadModel(files), feeds)).toEqual([]);
  }, 60_000);
});

const image: [number, number, number] = [9, 8, 3];

/** One layer of each class, or a few, on an image; the layers' own tests have all configurations. */
const single: Record<string, (inputShape: number[]) => tf.layers.Layer> = {
  conv2d: (inputShape) =>
    layers.conv2d({ inputShape, filters: 4, kernelSize: [3, 2], strides: 2, padding: 'same' }),
  'conv2d with dilation': (inputShape) =>
    layers.conv2d({ inputShape, filters: 2, kernelSize: 3, dilationRate: 2, activation: 'elu' }),
  depthwiseConv2d: (inputShape) =>
    layers.depthwiseConv2d({ inputShape, kernelSize: 3, depthMultiplier: 2, activation: 'relu6' }),
  separableConv2d: (inputShape) =>
    layers.separableConv2d({ inputShape, filters: 5, kernelSize: 3, useBias: false }),
  conv2dTranspose: (inputShape) =>
    layers.conv2dTranspose({ inputShape, filters: 2, kernelSize: 3, strides: 2, padding: 'same' }),
  maxPooling2d: (inputShape) => layers.maxPooling2d({ inputShape, poolSize: 3, strides: 2 }),
  averagePooling2d: (inputShape) =>
    layers.averagePooling2d({ inputShape, poolSize: [2, 3], padding: 'same' }),
  globalMaxPooling2d: (inputShape) => layers.globalMaxPooling2d({ inputShape }),
  globalAveragePooling2d: (inputShape) => layers.globalAveragePooling2d({ inputShape }),
  zeroPadding2d: (inputShape) =>
    layers.zeroPadding2d({
      inputShape,
      padding: [
        [1, 0],
        [2, 3],
      ],
    }),
  cropping2D: (inputShape) =>
    layers.cropping2D({
      inputShape,
      cropping: [
        [1, 2],
        [0, 3],
      ],
    }),
  upSampling2d: (inputShape) => layers.upSampling2d({ inputShape, size: [2, 3] }),
  'upSampling2d bilinear': (inputShape) =>
    layers.upSampling2d({ inputShape, size: [2, 2], interpolation: 'bilinear' }),
  dense: (inputShape) => layers.dense({ inputShape, units: 4, activation: 'hardSigmoid' }),
  flatten: (inputShape) => layers.flatten({ inputShape }),
  reshape: (inputShape) => layers.reshape({ inputShape, targetShape: [4, 54] }),
  permute: (inputShape) => layers.permute({ inputShape, dims: [3, 1, 2] }),
  batchNormalization: (inputShape) => layers.batchNormalization({ inputShape, epsilon: 0.01 }),
  'batchNormalization without scale': (inputShape) =>
    layers.batchNormalization({ inputShape, scale: false }),
  dropout: (inputShape) => layers.dropout({ inputShape, rate: 0.4 }),
  spatialDropout1d: (inputShape) =>
    layers.spatialDropout1d({ inputShape: inputShape.slice(1), rate: 0.4 }),
  gaussianNoise: (inputShape) => layers.gaussianNoise({ inputShape, stddev: 1 }),
  activation: (inputShape) => layers.activation({ inputShape, activation: 'softplus' }),
  softmax: (inputShape) => layers.softmax({ inputShape, axis: 3 }),
  reLU: (inputShape) => layers.reLU({ inputShape, maxValue: 0.5 }),
  leakyReLU: (inputShape) => layers.leakyReLU({ inputShape, alpha: 0.1 }),
  elu: (inputShape) => layers.elu({ inputShape }),
  prelu: (inputShape) => layers.prelu({ inputShape, sharedAxes: [1, 2] }),
  thresholdedReLU: (inputShape) => layers.thresholdedReLU({ inputShape, theta: 0.3 }),
};

describe('a layer', () => {
  test.each(Object.entries(single))('%s', async (_, layer) => {
    await expectAgrees(tf.sequential({ layers: [layer(image)] }));
  });

  test.each(['add', 'multiply', 'average', 'maximum', 'minimum', 'concatenate'] as const)(
    '%s',
    async (kind) => {
      const inputs = ['a', 'b', 'c'].map((name) => tf.input({ shape: image, name }));
      const outputs = layers[kind]().apply(inputs) as tf.SymbolicTensor;
      await expectAgrees(tf.model({ inputs, outputs }));
    },
  );
});

describe('a model', () => {
  test('with shared layers, several inputs and several outputs', async () => {
    const left = tf.input({ shape: image, name: 'left' });
    const right = tf.input({ shape: image, name: 'right' });
    const shared = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', name: 'shared' });
    const norm = layers.batchNormalization({ name: 'norm' });
    const [a, b] = [left, right].map((x) => norm.apply(shared.apply(x)) as tf.SymbolicTensor) as [
      tf.SymbolicTensor,
      tf.SymbolicTensor,
    ];
    const sum = layers.add().apply([a, b]) as tf.SymbolicTensor;
    const joined = layers.concatenate({ axis: 1 }).apply([sum, b]) as tf.SymbolicTensor;
    const first = layers.dense({ units: 3, name: 'first' }).apply(joined) as tf.SymbolicTensor;
    const second = layers.globalMaxPooling2d({ name: 'second' }).apply(a) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [right, left], outputs: [second, first] });
    const { json, shards } = await expectAgrees(model);
    const session = await open({ json, shards });
    expect(session.inputNames).toEqual(['right', 'left']);
    expect(session.outputNames).toEqual(['second', 'first']);
    expect(session.inputs[0]?.dims).toEqual(['N', 9, 8, 3]);
  });

  /** As Teachable Machine saves its models: a functional model and a classifier in sequence. */
  test('of models, whose layers have the same names', async () => {
    const x = tf.input({ shape: image, name: 'picture' });
    const y = layers.conv2d({ filters: 3, kernelSize: 3, name: 'conv' }).apply(x);
    const z = layers.reLU({ maxValue: 6, name: 'act' }).apply(y) as tf.SymbolicTensor;
    const features = tf.model({ inputs: x, outputs: z, name: 'features' });
    const trunk = tf.sequential({ name: 'trunk' });
    trunk.add(features);
    trunk.add(layers.globalAveragePooling2d({ name: 'pool' }));
    const head = tf.sequential({ name: 'head' });
    head.add(layers.dense({ inputShape: [3], units: 5, activation: 'relu', name: 'hidden' }));
    head.add(layers.dense({ units: 2, activation: 'softmax', name: 'classes' }));
    const model = tf.sequential({ name: 'machine' });
    model.add(trunk);
    model.add(head);
    await expectAgrees(model);
  });

  test('with a model that is applied twice', async () => {
    const x = tf.input({ shape: [6], name: 'x' });
    const inner = tf.sequential({ name: 'inner' });
    inner.add(layers.dense({ inputShape: [6], units: 6, activation: 'tanh', name: 'step' }));
    const once = inner.apply(x) as tf.SymbolicTensor;
    const twice = inner.apply(once) as tf.SymbolicTensor;
    const outputs = layers.concatenate().apply([once, twice]) as tf.SymbolicTensor;
    await expectAgrees(tf.model({ inputs: x, outputs }));
  });

  test('without its input layer takes the first layer’s input shape', async () => {
    const model = seedWeights(
      tf.sequential({ layers: [layers.conv2d({ inputShape: image, filters: 2, kernelSize: 2 })] }),
    );
    const files = await saveModel(model);
    const { layers: list } = files.json.modelTopology.config;
    list.splice(
      0,
      list.length,
      ...list.filter((layer: { class_name: string }) => layer.class_name !== 'InputLayer'),
    );
    const session = await open(files);
    expect(await differences(session, model, feedsFor(session))).toEqual([]);
  });

  test('takes images of any size where the file leaves it open', async () => {
    const model = tf.sequential({
      layers: [
        layers.conv2d({
          inputShape: [null, null, 3],
          filters: 4,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
        }),
        layers.upSampling2d({ size: [2, 2] }),
      ],
    });
    await expectAgrees(model);
  });

  test.each([
    ['uint8', 255],
    ['uint16', 65535],
  ] as const)('with weights quantised to %s', async (dtype, steps) => {
    const model = seedWeights(
      tf.sequential({
        layers: [
          layers.conv2d({ inputShape: image, filters: 4, kernelSize: 3, name: 'conv' }),
          layers.batchNormalization({ name: 'norm' }),
        ],
      }),
    );
    const { json } = await saveModel(model);
    const parts: Uint8Array[] = [];
    for (const weight of json.weightsManifest[0].weights) {
      const variable = model.weights.find(({ originalName }) => originalName === weight.name);
      const values = Float32Array.from((await variable?.read().data()) ?? []);
      const min = Math.min(...values);
      const scale = (Math.max(...values) - min) / steps || 1;
      weight.quantization = { dtype, scale, min };
      const whole = Array.from(values, (value) => Math.round((value - min) / scale));
      const stored = dtype === 'uint8' ? Uint8Array.from(whole) : Uint16Array.from(whole);
      parts.push(new Uint8Array(stored.buffer));
    }
    const shards = cut(Uint8Array.from(parts.flatMap((part) => [...part])), 100);
    json.weightsManifest[0].paths = shards.map(({ path }) => path);
    const session = await open({ json, shards });
    const peer = await loadModel({ json, shards });
    expect(await differences(session, peer, feedsFor(session))).toEqual([]);
  });
});
