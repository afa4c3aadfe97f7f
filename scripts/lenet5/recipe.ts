/** How LeNet-5 is trained; the multilayer perceptron that it is compared with is trained alike. */

import type { Recipe } from '../digits/training.ts';

export const LENET5_RECIPE: Recipe = {
  seed: 1998,
  epochs: 40,
  batch: 64,
  learningRate: 2e-3,
  averaging: 0.998,
  augmentation: { shift: 2, degrees: 12, scale: 0.1 },
};
