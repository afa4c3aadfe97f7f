/** A digit network's forward pass in the training library, as a second opinion on stored weights. */

import * as tf from '@tensorflow/tfjs';
import { weightsOf } from '../../scripts/digits/layers-weights.ts';
import type { TrainableNetwork } from '../../scripts/digits/trainable.ts';
import { predict } from '../../scripts/digits/training.ts';
import type { LayersModel } from '../../src/layers/index.ts';

/** Scores [pictures.length, 10]; the model's weights have the network's names and layouts. */
export async function runTensorflow(
  network: TrainableNetwork,
  model: LayersModel,
  pictures: readonly Float32Array[],
): Promise<Float32Array> {
  await tf.setBackend('cpu');
  return predict(network, weightsOf(model), pictures);
}
