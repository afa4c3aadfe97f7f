/** The multilayer perceptron in TensorFlow.js, for training; models/mlp/network.ts is what runs it. */

import * as tf from '@tensorflow/tfjs';
import { MLP_HIDDEN } from '../../models/mlp/network.ts';
import { CLASSES, PIXELS } from '../digits/digits.ts';
import { crossEntropy } from '../digits/evaluation.ts';
import { heNormal } from '../digits/initial.ts';
import type { TrainableNetwork, Weights } from '../digits/trainable.ts';

const [FIRST, SECOND] = MLP_HIDDEN;

export const MLP: TrainableNetwork = {
  shapes: {
    'hidden1/kernel': [PIXELS, FIRST],
    'hidden1/bias': [FIRST],
    'hidden2/kernel': [FIRST, SECOND],
    'hidden2/bias': [SECOND],
    'output/kernel': [SECOND, CLASSES],
    'output/bias': [CLASSES],
  },
  inputShape: [PIXELS],
  initial(name, random) {
    return heNormal(MLP, name, random);
  },
  place(picture, target) {
    target.set(picture);
  },
  outputs: logits,
  loss: (targets, outputs) => tf.losses.softmaxCrossEntropy(targets, outputs),
  scores: (outputs) => tf.softmax(outputs),
  evaluated: crossEntropy,
};

/** From pictures [N, 784] to logits [N, 10]. */
function logits(weights: Weights, pictures: tf.Tensor): tf.Tensor2D {
  const affine = (x: tf.Tensor, name: string): tf.Tensor2D =>
    tf.add(
      tf.matMul(x as tf.Tensor2D, weights[`${name}/kernel`] as tf.Tensor as tf.Tensor2D),
      weights[`${name}/bias`] as tf.Tensor,
    );
  const hidden1 = tf.relu(affine(pictures, 'hidden1'));
  return affine(tf.relu(affine(hidden1, 'hidden2')), 'output');
}
