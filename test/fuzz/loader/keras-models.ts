/** Models as Keras and TensorFlow.js write them, with weights of the file `shard` (all of it small). */

import { sizeOf } from '../../../src/core/shape.ts';
import type { ExternalData } from '../../../src/formats/files-beside.ts';
import type { Base } from './bases.ts';

type Json = Readonly<Record<string, unknown>>;

/** Weights of a model: names and shapes. */
type Weights = Readonly<Record<string, readonly number[]>>;

const layer = (class_name: string, name: string, config: Json = {}) => ({
  class_name,
  config: { name, ...config },
});
const image = { batch_input_shape: [null, 12, 12, 3] };
const square = { kernel_size: [3, 3], strides: [1, 1], padding: 'same' };

const sequential = {
  class_name: 'Sequential',
  config: {
    name: 'net',
    layers: [
      layer('Conv2D', 'conv', { filters: 4, activation: 'relu', ...square, ...image }),
      layer('BatchNormalization', 'norm', { axis: [3], epsilon: 0.001 }),
      layer('MaxPooling2D', 'max', { pool_size: [2, 2], strides: [2, 2], padding: 'valid' }),
      layer('DepthwiseConv2D', 'deep', { depth_multiplier: 1, use_bias: false, ...square }),
      layer('LeakyReLU', 'leak', { alpha: 0.1 }),
      layer('ZeroPadding2D', 'pad', {
        padding: [
          [1, 0],
          [0, 1],
        ],
      }),
      layer('Cropping2D', 'crop', {
        cropping: [
          [1, 0],
          [0, 1],
        ],
      }),
      layer('UpSampling2D', 'up', { size: [2, 2], interpolation: 'nearest' }),
      layer('Conv2DTranspose', 'trans', { filters: 2, ...square, strides: [2, 2] }),
      layer('AveragePooling2D', 'mean', { pool_size: [2, 2], strides: [2, 2], padding: 'same' }),
      layer('Dropout', 'drop', { rate: 0.5 }),
      layer('Flatten', 'flat'),
      layer('Dense', 'dense', { units: 3, activation: 'softmax' }),
    ],
  },
};
const sequentialWeights: Weights = {
  'conv/kernel': [3, 3, 3, 4],
  'conv/bias': [4],
  'norm/gamma': [4],
  'norm/beta': [4],
  'norm/moving_mean': [4],
  'norm/moving_variance': [4],
  'deep/depthwise_kernel': [3, 3, 4, 1],
  'trans/kernel': [3, 3, 2, 4],
  'trans/bias': [2],
  'dense/kernel': [288, 3],
  'dense/bias': [3],
};

const after = (...names: readonly string[]) => ({
  inbound_nodes: names.length === 0 ? [] : [names.map((name) => [name, 0, 0, {}])],
});
const functional = {
  class_name: 'Functional',
  config: {
    name: 'net',
    layers: [
      { ...layer('InputLayer', 'x', image), name: 'x', ...after() },
      { ...layer('SeparableConv2D', 'a', { filters: 4, ...square }), name: 'a', ...after('x') },
      { ...layer('Conv2D', 'b', { filters: 4, ...square }), name: 'b', ...after('x') },
      { ...layer('Add', 'sum'), name: 'sum', ...after('a', 'b') },
      { ...layer('Concatenate', 'cat', { axis: -1 }), name: 'cat', ...after('sum', 'x') },
      { ...layer('PReLU', 'slope', { shared_axes: [1, 2] }), name: 'slope', ...after('cat') },
      { ...layer('Permute', 'turn', { dims: [2, 1, 3] }), name: 'turn', ...after('slope') },
      { ...layer('Reshape', 'fold', { target_shape: [144, 7] }), name: 'fold', ...after('turn') },
      { ...layer('Softmax', 'soft', { axis: -1 }), name: 'soft', ...after('fold') },
      { ...layer('GlobalMaxPooling2D', 'top'), name: 'top', ...after('sum') },
    ],
    input_layers: [['x', 0, 0]],
    output_layers: [
      ['soft', 0, 0],
      ['top', 0, 0],
    ],
  },
};
const functionalWeights: Weights = {
  'a/depthwise_kernel': [3, 3, 3, 1],
  'a/pointwise_kernel': [1, 1, 3, 4],
  'a/bias': [4],
  'b/kernel': [3, 3, 3, 4],
  'b/bias': [4],
  'slope/alpha': [1, 1, 7],
};

const sizes = [sequentialWeights, functionalWeights].map((weights) =>
  Object.values(weights).reduce((sum, dims) => sum + 4 * sizeOf(dims), 0),
);

/** A file of each model's size. */
export const shards: readonly ExternalData[] = sizes.map((bytes, at) => ({
  path: `shard${at}`,
  data: new Uint8Array(bytes),
}));

const file = (modelTopology: Json, weights: Weights, at: number): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      ...{ format: 'layers-model', generatedBy: 'wgconv tests', modelTopology },
      weightsManifest: [
        {
          paths: [`shard${at}`],
          weights: Object.entries(weights).map(([name, shape]) => ({
            ...{ name, shape, dtype: 'float32' },
          })),
        },
      ],
    }),
  );

export const kerasModels: readonly Base[] = [
  { name: 'sequential', kind: 'keras', bytes: file(sequential, sequentialWeights, 0) },
  { name: 'functional', kind: 'keras', bytes: file(functional, functionalWeights, 1) },
];
