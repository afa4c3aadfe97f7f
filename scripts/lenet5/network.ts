/**
 * LeNet-5 in TensorFlow.js: the layers and their initial weights.
 *
 * Differences from LeCun et al. 1998: every map of C3 sees all six maps of S2 (the paper leaves some
 * connections out), pooling has no weights of its own, the output layer is affine with a softmax
 * instead of radial basis functions, and the activation is given by the recipe.
 */

import * as tf from '@tensorflow/tfjs';
import { seededRandom } from './random.ts';

export type Activation = 'relu' | 'tanh';
export type Pooling = 'max' | 'average';

/** Shapes of all weights; filters are [height, width, in, out], matrices [in, out]. */
const SHAPES = {
  'C1.weight': [5, 5, 1, 6],
  'C1.bias': [6],
  'C3.weight': [5, 5, 6, 16],
  'C3.bias': [16],
  'C5.weight': [5, 5, 16, 120],
  'C5.bias': [120],
  'F6.weight': [120, 84],
  'F6.bias': [84],
  'output.weight': [84, 10],
  'output.bias': [10],
} as const satisfies Record<string, readonly number[]>;

export type WeightName = keyof typeof SHAPES;
export const WEIGHT_NAMES = Object.keys(SHAPES) as readonly WeightName[];
export type Weights = Readonly<Record<WeightName, tf.Variable>>;

/** The weights read out of the training library. */
export interface LayerValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}
export type LayerWeights = Readonly<Record<WeightName, LayerValues>>;

/**
 * Biases 0; normal weights of standard deviation sqrt(gain / fan-in), with gain 2 before a relu
 * (He et al. 2015) and 1 elsewhere.
 */
export function initialWeights(seed: number, activation: Activation): Weights {
  const entries = WEIGHT_NAMES.map((name) => {
    const shape: readonly number[] = SHAPES[name];
    const random = seededRandom(seed, name);
    const fanIn = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    const gain = activation === 'relu' && name !== 'output.weight' ? 2 : 1;
    const deviation = name.endsWith('.bias') ? 0 : Math.sqrt(gain / fanIn);
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: count }, () => deviation * random.normal());
    return [name, tf.variable(tf.tensor(values, [...shape]), true)];
  });
  return Object.fromEntries(entries) as Weights;
}

export function readWeights(weights: Weights): LayerWeights {
  const entries = WEIGHT_NAMES.map((name) => {
    const values = weights[name].dataSync<'float32'>();
    return [name, { shape: SHAPES[name], values }];
  });
  return Object.fromEntries(entries) as LayerWeights;
}

/** From pictures [N, 32, 32, 1] to logits [N, 10]. */
export function logits(
  weights: Weights,
  activation: Activation,
  pooling: Pooling,
  pictures: tf.Tensor4D,
): tf.Tensor2D {
  const act: <T extends tf.Tensor>(x: T) => T = activation === 'relu' ? tf.relu : tf.tanh;
  const pool = (x: tf.Tensor): tf.Tensor4D =>
    pooling === 'max'
      ? tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid')
      : tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid');
  const filter = (name: WeightName): tf.Tensor4D => weights[name] as unknown as tf.Tensor4D;
  const matrix = (name: WeightName): tf.Tensor2D => weights[name] as unknown as tf.Tensor2D;

  const c1 = act(tf.add(tf.conv2d(pictures, filter('C1.weight'), 1, 'valid'), weights['C1.bias']));
  const s2 = pool(c1);
  const c3 = act(tf.add(tf.conv2d(s2, filter('C3.weight'), 1, 'valid'), weights['C3.bias']));
  const s4 = pool(c3);
  // C5's 5×5 filter covers S4 whole: a matrix product.
  const c5Weight = tf.reshape(weights['C5.weight'], [400, 120]);
  const c5 = act(tf.add(tf.matMul(tf.reshape(s4, [-1, 400]), c5Weight), weights['C5.bias']));
  const f6 = act(tf.add(tf.matMul(c5 as tf.Tensor2D, matrix('F6.weight')), weights['F6.bias']));
  return tf.add(tf.matMul(f6 as tf.Tensor2D, matrix('output.weight')), weights['output.bias']);
}
