/**
 * Trains the LeNet-5 digit classifier and stores it as models/lenet5/lenet5.onnx, with a few held-out
 * digits as pictures beside it. `npm run train:lenet5` repeats it; all chance in it is seeded. With
 * `-- --plain` it trains without augmentation, for comparisons, and stores models/lenet5/plain.onnx.
 *
 * The recipe (recipe.ts) was chosen with --validate alone; what was tried is in models/lenet5/README.md.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { type TrainCommand, trainCommand } from '../digits/train-command.ts';
import { LENET5 } from './network.ts';
import { lenet5Model } from './onnx-model.ts';
import { runModel } from './onnx-runner.ts';
import { encodeModel } from './onnx-writer.ts';
import { pictures } from './pictures.ts';
import { LENET5_RECIPE } from './recipe.ts';

const MODELS = new URL('../../models/lenet5/', import.meta.url);

const command: TrainCommand = {
  network: LENET5,
  recipe: LENET5_RECIPE,
  largestFile: 300_000,
  file: (plain) => new URL(plain ? 'plain.onnx' : 'lenet5.onnx', MODELS),
  encode: (weights) => encodeModel(lenet5Model(weights)),
  async run(file, digits, indices) {
    return { by: 'onnxruntime', scores: await runModel(file, digits, indices) };
  },
  async besides(digits, heldOut) {
    await mkdir(new URL('digits/', MODELS), { recursive: true });
    for (const { name, png } of pictures(digits, heldOut)) {
      await writeFile(new URL(`digits/${name}`, MODELS), png);
    }
  },
};

await trainCommand(command);
