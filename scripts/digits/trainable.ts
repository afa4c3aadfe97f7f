/** What the training loop asks of a network for digits: its weights, its input, its outputs, its loss. */

import type * as tf from '@tensorflow/tfjs';
import type { Loss } from './evaluation.ts';
import type { Random } from './random.ts';

export type Weights = Readonly<Record<string, tf.Variable>>;

/** Weights read out of the training library. */
export type WeightValues = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>
>;

export interface TrainableNetwork {
  /** Shapes of all weights by their names; filters are [height, width, in, out], matrices [in, out]. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** A source of the initial values of one weight. */
  initial(name: string, random: Random): () => number;
  /** Shape of one picture as the network wants it. */
  readonly inputShape: readonly number[];
  /** Writes a 28×28 picture, values in 0..1, as one input. `target` is zero before. */
  place(picture: Float32Array, target: Float32Array): void;
  /** From inputs [N, ...inputShape] to outputs [N, 10], before a softmax where there is one. */
  outputs(weights: Weights, inputs: tf.Tensor): tf.Tensor2D;
  /** Mean over a batch; `targets` are one-hot, [N, 10]. */
  loss(targets: tf.Tensor2D, outputs: tf.Tensor2D): tf.Scalar;
  /** What the stored model gives for these outputs, and how that is evaluated. */
  scores(outputs: tf.Tensor2D): tf.Tensor2D;
  readonly evaluated: Loss;
}

/** All pictures as inputs, one after another; `size` is that of one input. */
export function placeAll(
  place: TrainableNetwork['place'],
  pictures: readonly Float32Array[],
  size: number,
): Float32Array {
  const inputs = new Float32Array(pictures.length * size);
  pictures.forEach((picture, row) => {
    place(picture, inputs.subarray(row * size, (row + 1) * size));
  });
  return inputs;
}
