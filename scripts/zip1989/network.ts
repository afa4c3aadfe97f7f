/**
 * The 1989 zip-code network in TensorFlow.js, for training: LeCun, Boser, Denker, Henderson, Howard,
 * Hubbard and Jackel, "Backpropagation applied to handwritten zip code recognition", Neural
 * Computation 1, 1989. What runs it elsewhere is models/zip1989/network.ts.
 */

import * as tf from '@tensorflow/tfjs';
import { H2_CONNECTIONS } from '../../models/zip1989/connections.ts';
import { ZIP_BACKGROUND, ZIP_SIZE, zipInput } from '../../models/zip1989/input.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { squaredError } from '../digits/evaluation.ts';
import type { TrainableNetwork, Weights } from '../digits/trainable.ts';

const MAPS = 12;
const SEEN = 8;
const KERNEL = 5;

export const ZIP1989: TrainableNetwork = {
  shapes: {
    'H1/kernel': [KERNEL, KERNEL, 1, MAPS],
    'H1/bias': [8, 8, MAPS],
    'H2/kernel': [KERNEL, KERNEL, SEEN, MAPS],
    'H2/bias': [4, 4, MAPS],
    'H3/kernel': [4 * 4 * MAPS, 30],
    'H3/bias': [30],
    'output/kernel': [30, 10],
    'output/bias': [10],
  },
  inputShape: [ZIP_SIZE, ZIP_SIZE, 1],
  /** The paper's: uniform within ±2.4 divided by the inputs of a unit. It names none for the biases: 0. */
  initial(name, random) {
    if (name.endsWith('/bias')) return () => 0;
    const bound = 2.4 / sizeOf((ZIP1989.shapes[name] ?? []).slice(0, -1));
    return () => random.between(-bound, bound);
  },
  place(picture, target) {
    target.set(zipInput(picture));
  },
  outputs,
  /** The paper's: the mean squared error, with targets of ±1 in the quasilinear part of the sigmoid. */
  loss: (targets, found) =>
    tf.losses.meanSquaredError(tf.sub(tf.mul(targets, 2), 1), found) as tf.Scalar,
  scores: (found) => found,
  evaluated: squaredError,
};

/** [1, 8 seen, 12 of H1, 12 of H2]: 1 where that is the map of H1 that is seen. */
const PLACES = H2_CONNECTIONS.map((seen) =>
  seen.map((map) => Array.from({ length: MAPS }, (_, other) => Number(map === other))),
);

/** From inputs [N, 16, 16, 1] to the ten output units [N, 10]. */
function outputs(weights: Weights, inputs: tf.Tensor): tf.Tensor2D {
  const weight = <T extends tf.Tensor>(name: string): T => weights[name] as tf.Tensor as T;
  const affine = (x: tf.Tensor, name: string): tf.Tensor2D =>
    tf.add(
      tf.matMul(x as tf.Tensor2D, weight<tf.Tensor2D>(`${name}/kernel`)),
      weight(`${name}/bias`),
    );

  const h1 = scaledTanh(tf.add(convolved(inputs, weight('H1/kernel')), weight('H1/bias')));
  const h2Kernel = tf.reshape(weight('H2/kernel'), [KERNEL * KERNEL, SEEN, 1, MAPS]);
  const places = tf.transpose(tf.tensor3d(PLACES), [1, 2, 0]).expandDims(0);
  // A kernel over all maps of H1 with zeros where a map is not seen.
  const spread = tf.reshape(tf.sum(tf.mul(h2Kernel, places), 1), [KERNEL, KERNEL, MAPS, MAPS]);
  const h2 = scaledTanh(tf.add(convolved(h1, spread as tf.Tensor4D), weight('H2/bias')));
  const h3 = scaledTanh(affine(tf.reshape(h2, [-1, 4 * 4 * MAPS]), 'H3'));
  return scaledTanh(affine(h3, 'output'));
}

/** Stride 2; two rows and columns of background around the planes. */
function convolved(x: tf.Tensor, kernel: tf.Tensor4D): tf.Tensor {
  const border: [number, number] = [2, 2];
  const padded = tf.pad(x as tf.Tensor4D, [[0, 0], border, border, [0, 0]], ZIP_BACKGROUND);
  return tf.conv2d(padded, kernel, 2, 'valid');
}

function scaledTanh<T extends tf.Tensor>(x: T): T {
  return tf.mul(tf.tanh(tf.mul(x, 2 / 3)), 1.7159);
}
