/**
 * Trains the 1989 zip-code network and stores it as models/zip1989/weights.safetensors:
 * `npm run train:zip1989`. As in the paper, digits are not augmented.
 *
 * The recipe was chosen with --validate alone; what was tried is in models/zip1989/README.md.
 */

import { zip1989 } from '../../models/zip1989/network.ts';
import { NO_AUGMENTATION } from '../digits/augmentation.ts';
import { storedScores } from '../digits/layers-runner.ts';
import { encodeSafetensors } from '../digits/safetensors.ts';
import { trainCommand } from '../digits/train-command.ts';
import { ZIP1989 } from './network.ts';

await trainCommand({
  network: ZIP1989,
  recipe: {
    seed: 1989,
    epochs: 30,
    batch: 64,
    learningRate: 4e-3,
    averaging: 0.998,
    augmentation: NO_AUGMENTATION,
  },
  largestFile: 45_000,
  file: () => new URL('../../models/zip1989/weights.safetensors', import.meta.url),
  encode: encodeSafetensors,
  run: storedScores(zip1989, ZIP1989),
});
