/**
 * Trains the LeNet-5 digit classifier and stores it as models/lenet5/lenet5.onnx, with a few held-out
 * digits as pictures beside it. `npm run train:lenet5` repeats it; all chance in it is seeded.
 *
 *   npm run train:lenet5                     train on the 9,000, store, evaluate on the 1,000
 *   npm run train:lenet5 -- --validate 3000  train on the first 6,000 of the 9,000, evaluate on the
 *                                            other 3,000, store nothing
 *
 * The recipe below was chosen with --validate alone; what was tried is in models/lenet5/README.md.
 */

import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { SingleBar } from 'cli-progress';
import { type Digits, loadDigits, splitDigits } from './digits.ts';
import { describeEvaluation, evaluate } from './evaluation.ts';
import { registerFilterGradient } from './filter-gradient.ts';
import { readWeights, type Weights } from './network.ts';
import { lenet5Model } from './onnx-model.ts';
import { runModel } from './onnx-runner.ts';
import { encodeModel } from './onnx-writer.ts';
import { pictures } from './pictures.ts';
import { predict, type Recipe, train } from './training.ts';

const RECIPE: Recipe = {
  seed: 1998,
  activation: 'relu',
  pooling: 'max',
  epochs: 40,
  batch: 64,
  learningRate: 2e-3,
  averaging: 0.998,
  augmentation: { shift: 2, degrees: 12, scale: 0.1 },
};

const LARGEST_FILE = 300_000;
/** Between the training library's probabilities and onnxruntime's. */
const LARGEST_DIFFERENCE = 1e-4;
const MODELS = new URL('../../models/lenet5/', import.meta.url);

// Caught here: uncaught, the WebAssembly backend's listener has Node print its minified source.
await main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { validate: { type: 'string' } } });
  setThreadsCount(1); // One thread sums in one order, on every machine.
  registerFilterGradient();
  await tf.setBackend('wasm');
  await tf.ready();

  const digits = loadDigits();
  const split = splitDigits(digits);
  if (values.validate === undefined) {
    await trainAndStore(digits, split.training, split.heldOut);
  } else {
    await validate(digits, split.training, Number(values.validate));
  }
}

/** Leaves the last `count` training digits out and evaluates on them. */
async function validate(digits: Digits, training: Uint32Array, count: number): Promise<void> {
  if (!(Number.isInteger(count) && count > 0 && count < training.length)) {
    throw new Error(`--validate takes how many of the ${training.length} digits to leave out`);
  }
  await trainWithProgress(digits, training.slice(0, -count), training.slice(-count));
}

async function trainAndStore(
  digits: Digits,
  training: Uint32Array,
  heldOut: Uint32Array,
): Promise<void> {
  const weights = await trainWithProgress(digits, training);
  const model = lenet5Model(readWeights(weights), RECIPE.activation, RECIPE.pooling);
  const bytes = encodeModel(model);
  if (bytes.length > LARGEST_FILE) throw new Error(`the model is too large: ${bytes.length} bytes`);

  const file = new URL('lenet5.onnx', MODELS);
  await mkdir(new URL('digits/', MODELS), { recursive: true });
  await writeFile(file, bytes);
  for (const { name, png } of pictures(digits, heldOut)) {
    await writeFile(new URL(`digits/${name}`, MODELS), png);
  }
  const hash = createHash('sha256').update(bytes).digest('hex');
  console.log(`${fileURLToPath(file)}: ${bytes.length} bytes, SHA-256 ${hash}`);

  // Everything is fixed now; the held-out digits are looked at for the first and only time.
  const trained = predict(digits, heldOut, weights, RECIPE);
  const stored = await runModel(await readFile(file), digits, heldOut);
  const difference = stored.reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - (trained[i] ?? Number.NaN))),
    0,
  );
  console.log(`held out, TensorFlow.js: ${describeEvaluation(evaluate(digits, heldOut, trained))}`);
  console.log(`held out, onnxruntime:   ${describeEvaluation(evaluate(digits, heldOut, stored))}`);
  console.log(`largest difference of a probability: ${difference.toExponential(2)}`);
  if (!(difference <= LARGEST_DIFFERENCE)) {
    throw new Error(`the stored model differs from the trained one by ${difference}`);
  }
}

/** Trains under a progress bar; scores the averaged weights on `validation` after each epoch. */
async function trainWithProgress(
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
  const payload = { epoch: 0, epochs: RECIPE.epochs, loss: '–', validation: '' };
  let last = '';
  bar.start(RECIPE.epochs * Math.floor(training.length / RECIPE.batch), 0, payload);
  const weights = await train(digits, training, RECIPE, ({ step, epoch, loss, averaged }) => {
    payload.epoch = epoch;
    payload.loss = loss.toFixed(4);
    if (averaged && validation) {
      const evaluation = evaluate(
        digits,
        validation,
        predict(digits, validation, averaged, RECIPE),
      );
      payload.validation = `validation ${evaluation.correct} of ${evaluation.count}, `;
      last = describeEvaluation(evaluation);
    }
    bar.update(step, payload);
  });
  bar.stop();
  const seconds = (performance.now() - started) / 1000;
  console.log(`trained on ${training.length} digits in ${seconds.toFixed(0)} s`);
  if (validation) console.log(`validation: ${last}`);
  return weights;
}
