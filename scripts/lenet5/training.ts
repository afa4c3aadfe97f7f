/**
 * The training loop: batches of augmented digits, Adam under a cosine schedule, and a moving average
 * of the weights, which is what gets stored.
 */

import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { type AugmentationRange, drawTransform, transformImage } from './augmentation.ts';
import { CLASSES, type Digits, digitImage, PIXELS, SIZE } from './digits.ts';
import {
  type Activation,
  initialWeights,
  logits,
  type Pooling,
  WEIGHT_NAMES,
  type Weights,
} from './network.ts';
import { type Random, seededRandom } from './random.ts';

export interface Recipe {
  readonly seed: number;
  readonly activation: Activation;
  readonly pooling: Pooling;
  readonly epochs: number;
  readonly batch: number;
  /** Adam's first step size; it falls to zero along half a cosine. */
  readonly learningRate: number;
  /** Share of the averaged weights that stays at each step. */
  readonly averaging: number;
  readonly augmentation: AugmentationRange;
}

export interface Progress {
  readonly step: number;
  readonly steps: number;
  /** From 1. */
  readonly epoch: number;
  /** Mean training loss of the epoch so far, on augmented digits. */
  readonly loss: number;
  /** Set after an epoch's last step: the averaged weights. */
  readonly averaged?: Weights;
}

interface Batch {
  /** Pictures [batch, 32, 32, 1] and one-hot targets [batch, 10]. */
  readonly pictures: Float32Array;
  readonly targets: Float32Array;
}

/** LeNet-5 looks at 32×32 pixels: the digit with a black border. */
const PADDING = 2;
const FIELD = SIZE + 2 * PADDING;
const PREDICTION_BATCH = 250;

/** Trains on the digits of the given indices and returns the averaged weights. */
export async function train(
  digits: Digits,
  indices: Uint32Array,
  recipe: Recipe,
  onStep: (progress: Progress) => void,
): Promise<Weights> {
  const weights = initialWeights(recipe.seed, recipe.activation);
  const averaged = initialWeights(recipe.seed, recipe.activation);
  const optimizer = new ScheduledAdam(recipe.learningRate);
  const orderRandom = seededRandom(recipe.seed, 'order');
  const augmentationRandom = seededRandom(recipe.seed, 'augmentation');
  const order = Uint32Array.from(indices);
  const stepsPerEpoch = Math.floor(indices.length / recipe.batch);
  const steps = recipe.epochs * stepsPerEpoch;

  for (let epoch = 0; epoch < recipe.epochs; epoch++) {
    orderRandom.shuffle(order);
    let lossSum = 0;
    for (let inEpoch = 0; inEpoch < stepsPerEpoch; inEpoch++) {
      const step = epoch * stepsPerEpoch + inEpoch;
      const chosen = order.subarray(inEpoch * recipe.batch, (inEpoch + 1) * recipe.batch);
      const batch = augmentedBatch(digits, chosen, augmentationRandom, recipe.augmentation);
      optimizer.setLearningRate(recipe.learningRate * cosineDecay(step / steps));
      lossSum += trainStep(weights, recipe, optimizer, batch);
      // A short memory at first, so that the random beginning is soon forgotten.
      average(averaged, weights, Math.min(recipe.averaging, (step + 1) / (step + 10)));
      onStep({
        step: step + 1,
        steps,
        epoch: epoch + 1,
        loss: lossSum / (inEpoch + 1),
        ...(inEpoch === stepsPerEpoch - 1 ? { averaged } : {}),
      });
      await setImmediate(); // Lets the progress bar's timer run.
    }
  }
  optimizer.dispose();
  return averaged;
}

/** Probabilities [indices.length, 10] of unchanged digits. */
export function predict(
  digits: Digits,
  indices: Uint32Array,
  weights: Weights,
  recipe: Recipe,
): Float32Array {
  const probabilities = new Float32Array(indices.length * CLASSES);
  for (let start = 0; start < indices.length; start += PREDICTION_BATCH) {
    const chosen = indices.subarray(start, start + PREDICTION_BATCH);
    const field = new Float32Array(chosen.length * FIELD * FIELD);
    chosen.forEach((index, row) => {
      placeInField(digitImage(digits, index), field, row);
    });
    tf.tidy(() => {
      const pictures = tf.tensor4d(field, [chosen.length, FIELD, FIELD, 1]);
      const found = logits(weights, recipe.activation, recipe.pooling, pictures);
      probabilities.set(tf.softmax(found).dataSync<'float32'>(), start * CLASSES);
    });
  }
  return probabilities;
}

/** TensorFlow.js's Adam with a step size that may change between steps. */
class ScheduledAdam extends tf.AdamOptimizer {
  constructor(learningRate: number) {
    super(learningRate, 0.9, 0.999, 1e-7);
  }

  setLearningRate(learningRate: number): void {
    this.learningRate = learningRate;
  }
}

/** From 1 down to 0 (Loshchilov and Hutter, "SGDR", 2017, without restarts). */
function cosineDecay(progress: number): number {
  return (1 + Math.cos(Math.PI * progress)) / 2;
}

/** One step of the optimizer; returns the batch's mean cross-entropy before it. */
function trainStep(
  weights: Weights,
  { activation, pooling, batch: count }: Recipe,
  optimizer: tf.Optimizer,
  batch: Batch,
): number {
  return tf.tidy(() => {
    const pictures = tf.tensor4d(batch.pictures, [count, FIELD, FIELD, 1]);
    const targets = tf.tensor2d(batch.targets, [count, CLASSES]);
    const loss = optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(targets, logits(weights, activation, pooling, pictures)),
      true,
    );
    return loss?.dataSync()[0] ?? Number.NaN;
  });
}

/** averaged = kept · averaged + (1 − kept) · weights. */
function average(averaged: Weights, weights: Weights, kept: number): void {
  tf.tidy(() => {
    for (const name of WEIGHT_NAMES) {
      const [old, current] = [averaged[name], weights[name]];
      old.assign(tf.add(tf.mul(old, kept), tf.mul(current, 1 - kept)));
    }
  });
}

function augmentedBatch(
  digits: Digits,
  indices: Uint32Array,
  random: Random,
  range: AugmentationRange,
): Batch {
  const pictures = new Float32Array(indices.length * FIELD * FIELD);
  const targets = new Float32Array(indices.length * CLASSES);
  const augmented = new Float32Array(PIXELS);
  indices.forEach((index, row) => {
    transformImage(digitImage(digits, index), SIZE, drawTransform(random, range), augmented);
    placeInField(augmented, pictures, row);
    targets[row * CLASSES + (digits.labels[index] ?? 0)] = 1;
  });
  return { pictures, targets };
}

/** Copies a 28×28 picture into the middle of a batch's 32×32 field. */
function placeInField(picture: Float32Array, field: Float32Array, row: number): void {
  for (let y = 0; y < SIZE; y++) {
    const line = picture.subarray(y * SIZE, (y + 1) * SIZE);
    field.set(line, (row * FIELD + y + PADDING) * FIELD + PADDING);
  }
}
