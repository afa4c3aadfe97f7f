/**
 * What the training scripts have in common as commands: the backend, the options, the progress bar, and
 * the evaluation.
 *
 *   npm run train:…                     train on the 9,000, store, evaluate on the 1,000
 *   npm run train:… -- --plain          the same without augmentation, stored beside
 *   npm run train:… -- --validate 3000  train on the first 6,000 of the 9,000, evaluate on the other
 *                                       3,000, store nothing
 */

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { SingleBar } from 'cli-progress';
import { NO_AUGMENTATION } from './augmentation.ts';
import { CLASSES, type Digits, digitImage, loadDigits, splitDigits } from './digits.ts';
import { describeEvaluation, evaluate } from './evaluation.ts';
import { registerFilterGradient } from './filter-gradient.ts';
import type { TrainableNetwork, Weights, WeightValues } from './trainable.ts';
import { predict, type Recipe, readWeights, train } from './training.ts';

export interface TrainCommand {
  readonly network: TrainableNetwork;
  readonly recipe: Recipe;
  /** The file to store: of the recipe, or of the recipe without its augmentation. */
  file(plain: boolean): URL;
  encode(weights: WeightValues): Uint8Array;
  /** The largest number of bytes that the file may have. */
  readonly largestFile: number;
  /** What a program that shares nothing with the training library reads and computes: scores [N, 10]. */
  run(
    file: Uint8Array,
    digits: Digits,
    indices: Uint32Array,
  ): Promise<{ readonly by: string; readonly scores: Float32Array }>;
  /** Stores more beside it. */
  besides?(digits: Digits, heldOut: Uint32Array): Promise<void>;
}

/** Between the training library's scores and the stored file's. */
const LARGEST_DIFFERENCE = 1e-4;

/** One thread sums in one order, on every machine, so that a training gives the same bytes again. */
export async function prepareTensorflow(): Promise<void> {
  setThreadsCount(1);
  registerFilterGradient();
  await tf.setBackend('wasm');
  await tf.ready();
}

export async function trainCommand(command: TrainCommand): Promise<void> {
  try {
    await run(command);
  } catch (error) {
    // Caught here: uncaught, the WebAssembly backend's listener has Node print its minified source.
    console.error(error);
    process.exitCode = 1;
  }
}

async function run(command: TrainCommand): Promise<void> {
  const { values } = parseArgs({
    options: { validate: { type: 'string' }, plain: { type: 'boolean', default: false } },
  });
  await prepareTensorflow();
  const digits = loadDigits();
  const { training, heldOut } = splitDigits(digits);
  const { plain } = values;
  const recipe = plain ? { ...command.recipe, augmentation: NO_AUGMENTATION } : command.recipe;
  const withRecipe = { ...command, recipe };
  if (values.validate === undefined) {
    await trainAndStore(withRecipe, plain, digits, training, heldOut);
    return;
  }
  // Leaves the last training digits out and evaluates on them.
  const count = Number(values.validate);
  if (!(Number.isInteger(count) && count > 0 && count < training.length)) {
    throw new Error(`--validate takes how many of the ${training.length} digits to leave out`);
  }
  await trainWithProgress(withRecipe, digits, training.slice(0, -count), training.slice(-count));
}

async function trainAndStore(
  command: TrainCommand,
  plain: boolean,
  digits: Digits,
  training: Uint32Array,
  heldOut: Uint32Array,
): Promise<void> {
  const { network } = command;
  const weights = await trainWithProgress(command, digits, training);
  const bytes = command.encode(readWeights(weights));
  if (bytes.length > command.largestFile) {
    throw new Error(`the model is too large: ${bytes.length} bytes`);
  }
  const file = command.file(plain);
  await writeFile(file, bytes);
  await command.besides?.(digits, heldOut);
  const hash = createHash('sha256').update(bytes).digest('hex');
  console.log(`${fileURLToPath(file)}: ${bytes.length} bytes, SHA-256 ${hash}`);

  // Everything is fixed now; the held-out digits are looked at for the first and only time.
  const trained = scoresOf(network, weights, digits, heldOut);
  const stored = await command.run(await readFile(file), digits, heldOut);
  const difference = stored.scores.reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - (trained[i] ?? Number.NaN))),
    0,
  );
  const report = (by: string, scores: Float32Array): void => {
    const evaluation = evaluate(digits, heldOut, scores, network.evaluated);
    console.log(`held out, ${by}: ${describeEvaluation(evaluation, network.evaluated)}`);
  };
  report('TensorFlow.js', trained);
  report(stored.by, stored.scores);
  console.log(`largest difference of a score: ${difference.toExponential(2)}`);
  if (!(difference <= LARGEST_DIFFERENCE && stored.scores.length === heldOut.length * CLASSES)) {
    throw new Error(`the stored model differs from the trained one by ${difference}`);
  }
}

/** Trains under a progress bar; scores the averaged weights on `validation` after each epoch. */
async function trainWithProgress(
  { network, recipe }: TrainCommand,
  digits: Digits,
  training: Uint32Array,
  validation?: Uint32Array,
): Promise<Weights> {
  const started = performance.now();
  const bar = new SingleBar({
    format: '{bar} epoch {epoch} of {epochs}, loss {loss}, {validation}{eta_formatted} left',
    noTTYOutput: true,
    notTTYSchedule: 15_000,
    etaBuffer: 100,
  });
  const payload = { epoch: 0, epochs: recipe.epochs, loss: '–', validation: '' };
  let last = '';
  bar.start(recipe.epochs * Math.floor(training.length / recipe.batch), 0, payload);
  const weights = await train(
    network,
    digits,
    training,
    recipe,
    ({ step, epoch, loss, averaged }) => {
      payload.epoch = epoch;
      payload.loss = loss.toFixed(4);
      if (averaged && validation) {
        const scores = scoresOf(network, averaged, digits, validation);
        const evaluation = evaluate(digits, validation, scores, network.evaluated);
        payload.validation = `validation ${evaluation.correct} of ${evaluation.count}, `;
        last = describeEvaluation(evaluation, network.evaluated);
      }
      bar.update(step, payload);
    },
  );
  bar.stop();
  const seconds = (performance.now() - started) / 1000;
  console.log(`trained on ${training.length} digits in ${seconds.toFixed(0)} s`);
  if (validation) console.log(`validation: ${last}`);
  return weights;
}

/** Of unchanged digits. */
function scoresOf(
  network: TrainableNetwork,
  weights: Weights,
  digits: Digits,
  indices: Uint32Array,
): Float32Array {
  return predict(
    network,
    weights,
    Array.from(indices, (index) => digitImage(digits, index)),
  );
}
