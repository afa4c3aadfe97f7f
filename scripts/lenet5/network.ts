/**
 * LeNet-5 in TensorFlow.js: the layers and their initial weights.
 *
 * Differences from LeCun et al. 1998: every map of C3 sees all six maps of S2 (the paper leaves some
 * connections out), pooling has no weights of its own and takes the maximum, the output layer is
 * affine with a softmax instead of radial basis functions, and the activation is ReLU.
 */

import * as tf from '@tensorflow/tfjs';
import { SIZE } from '../digits/digits.ts';
import { crossEntropy } from '../digits/evaluation.ts';
import { heNormal } from '../digits/initial.ts';
import type { TrainableNetwork, Weights } from '../digits/trainable.ts';

/** LeNet-5 looks at 32×32 pixels: the digit with a black border. */
const PADDING = 2;
const FIELD = SIZE + 2 * PADDING;

export const LENET5: TrainableNetwork = {
  shapes: {
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
  },
  inputShape: [FIELD, FIELD, 1],
  initial(name, random) {
    return heNormal(LENET5, name, random);
  },
  place(picture, target) {
    for (let y = 0; y < SIZE; y++) {
      const line = picture.subarray(y * SIZE, (y + 1) * SIZE);
      target.set(line, (y + PADDING) * FIELD + PADDING);
    }
  },
  outputs: logits,
  loss: (targets, outputs) => tf.losses.softmaxCrossEntropy(targets, outputs),
  scores: (outputs) => tf.softmax(outputs),
  evaluated: crossEntropy,
};

/** From pictures [N, 32, 32, 1] to logits [N, 10]. */
function logits(weights: Weights, pictures: tf.Tensor): tf.Tensor2D {
  const weight = <T extends tf.Tensor>(name: string): T => weights[name] as tf.Tensor as T;
  const convolved = (x: tf.Tensor, name: string): tf.Tensor => {
    const sums = tf.conv2d(x as tf.Tensor4D, weight<tf.Tensor4D>(`${name}.weight`), 1, 'valid');
    return tf.relu(tf.add(sums, weight(`${name}.bias`)));
  };
  const affine = (x: tf.Tensor, matrix: tf.Tensor2D, bias: tf.Tensor): tf.Tensor2D =>
    tf.add(tf.matMul(x as tf.Tensor2D, matrix), bias);
  const pool = (x: tf.Tensor): tf.Tensor4D => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');

  const s2 = pool(convolved(pictures, 'C1'));
  const s4 = pool(convolved(s2, 'C3'));
  // C5's 5×5 filter covers S4 whole: a matrix product.
  const c5Weight = tf.reshape(weight('C5.weight'), [400, 120]) as tf.Tensor2D;
  const c5 = tf.relu(affine(tf.reshape(s4, [-1, 400]), c5Weight, weight('C5.bias')));
  const f6 = tf.relu(affine(c5, weight('F6.weight'), weight('F6.bias')));
  return affine(f6, weight('output.weight'), weight('output.bias'));
}
