/** Weights of a model of the layers API as the training library's. */

import type { LayersModel } from '../../src/layers/index.ts';
import type { Weights } from './trainable.ts';
import { restoreWeights } from './training.ts';

/** @param nameInTraining what a weight of the model is called in training */
export function weightsOf(
  model: LayersModel,
  nameInTraining = (name: string): string => name,
): Weights {
  const values = model.getWeights().map(({ dims, data }, index) => {
    const name = nameInTraining(model.weights[index]?.name ?? '');
    return [name, { shape: dims, values: data as Float32Array }] as const;
  });
  return restoreWeights(Object.fromEntries(values));
}
