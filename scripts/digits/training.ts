/**
 * The training loop: batches of augmented digits, Adam under a cosine schedule, and a moving average
 * of the weights, which is what gets stored.
 */

import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../src/core/shape.ts';
import { type AugmentationRange, drawTransform, transformImage } from './augmentation.ts';
import { CLASSES, type Digits, digitImage, PIXELS, SIZE } from './digits.ts';
import { type Random, seededRandom } from './random.ts';
import { placeAll, type TrainableNetwork, type Weights, type WeightValues } from './trainable.ts';

export interface Recipe {
  readonly seed: number;
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
  /** Inputs [batch, ...inputShape] and one-hot targets [batch, 10]. */
  readonly inputs: tf.Tensor;
  readonly targets: tf.Tensor2D;
}

const PREDICTION_BATCH = 250;

/** Trains on the digits of the given indices and returns the averaged weights. */
export async function train(
  network: TrainableNetwork,
  digits: Digits,
  indices: Uint32Array,
  recipe: Recipe,
  onStep: (progress: Progress) => void,
): Promise<Weights> {
  const weights = initialWeights(network, recipe.seed);
  const averaged = initialWeights(network, recipe.seed);
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
      optimizer.setLearningRate(recipe.learningRate * cosineDecay(step / steps));
      lossSum += tf.tidy(() => {
        const batch = augmentedBatch(network, digits, chosen, augmentationRandom, recipe);
        return trainStep(network, weights, optimizer, batch);
      });
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

/** Scores [pictures.length, 10] of pictures of 28×28 values in 0..1. */
export function predict(
  network: TrainableNetwork,
  weights: Weights,
  pictures: readonly Float32Array[],
): Float32Array {
  const scores = new Float32Array(pictures.length * CLASSES);
  for (let start = 0; start < pictures.length; start += PREDICTION_BATCH) {
    tf.tidy(() => {
      const inputs = inputTensor(network, pictures.slice(start, start + PREDICTION_BATCH));
      const found = network.scores(network.outputs(weights, inputs));
      scores.set(found.dataSync<'float32'>(), start * CLASSES);
    });
  }
  return scores;
}

export function readWeights(weights: Weights): WeightValues {
  const entries = Object.entries(weights).map(([name, weight]) => {
    return [name, { shape: weight.shape, values: weight.dataSync<'float32'>() }];
  });
  return Object.fromEntries(entries) as WeightValues;
}

/** As weights of the training library again. */
export function restoreWeights(values: WeightValues): Weights {
  const entries = Object.entries(values).map(([name, { shape, values }]) => {
    return [name, tf.variable(tf.tensor(values, [...shape]), false)];
  });
  return Object.fromEntries(entries) as Weights;
}

function initialWeights(network: TrainableNetwork, seed: number): Weights {
  const entries = Object.entries(network.shapes).map(([name, shape]) => {
    const draw = network.initial(name, seededRandom(seed, name));
    const values = Float32Array.from({ length: sizeOf(shape) }, draw);
    return [name, tf.variable(tf.tensor(values, [...shape]), true)];
  });
  return Object.fromEntries(entries) as Weights;
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

/** One step of the optimizer; returns the batch's mean loss before it. */
function trainStep(
  network: TrainableNetwork,
  weights: Weights,
  optimizer: tf.Optimizer,
  { inputs, targets }: Batch,
): number {
  const loss = optimizer.minimize(
    () => network.loss(targets, network.outputs(weights, inputs)),
    true,
  );
  return loss?.dataSync()[0] ?? Number.NaN;
}

/** averaged = kept · averaged + (1 − kept) · weights. */
function average(averaged: Weights, weights: Weights, kept: number): void {
  tf.tidy(() => {
    for (const [name, current] of Object.entries(weights)) {
      const old = averaged[name] as tf.Variable;
      old.assign(tf.add(tf.mul(old, kept), tf.mul(current, 1 - kept)));
    }
  });
}

function augmentedBatch(
  network: TrainableNetwork,
  digits: Digits,
  indices: Uint32Array,
  random: Random,
  { augmentation }: Recipe,
): Batch {
  const pictures = Array.from(indices, (index) => {
    const augmented = new Float32Array(PIXELS);
    transformImage(digitImage(digits, index), SIZE, drawTransform(random, augmentation), augmented);
    return augmented;
  });
  const labels = Int32Array.from(indices, (index) => digits.labels[index] ?? 0);
  return {
    inputs: inputTensor(network, pictures),
    targets: tf.oneHot(labels, CLASSES).toFloat() as tf.Tensor2D,
  };
}

function inputTensor(
  { place, inputShape }: TrainableNetwork,
  pictures: readonly Float32Array[],
): tf.Tensor {
  const inputs = placeAll(place, pictures, sizeOf(inputShape));
  return tf.tensor(inputs, [pictures.length, ...inputShape]);
}
