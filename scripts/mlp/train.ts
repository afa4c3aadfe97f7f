/**
 * Trains the multilayer perceptron as LeNet-5 is trained, augmentation included, and stores it as
 * models/mlp/weights.safetensors: `npm run train:mlp`. With `-- --plain` it trains without augmentation
 * and stores plain.safetensors.
 */

import { mlp } from '../../models/mlp/network.ts';
import { storedScores } from '../digits/layers-runner.ts';
import { encodeSafetensors } from '../digits/safetensors.ts';
import { trainCommand } from '../digits/train-command.ts';
import { LENET5_RECIPE } from '../lenet5/recipe.ts';
import { MLP } from './network.ts';

const MODELS = new URL('../../models/mlp/', import.meta.url);

await trainCommand({
  network: MLP,
  recipe: LENET5_RECIPE,
  largestFile: 300_000,
  file: (plain) => new URL(plain ? 'plain.safetensors' : 'weights.safetensors', MODELS),
  encode: encodeSafetensors,
  run: storedScores(mlp, MLP),
});
