/** Runs a model of the layers API on digits, with the engine itself. */

import { sizeOf } from '../../src/core/shape.ts';
import { InferenceSession, type SessionOptions, Tensor } from '../../src/index.ts';
import type { LayersModel } from '../../src/layers/index.ts';
import { CLASSES, type Digits, digitImage } from './digits.ts';
import { placeAll, type TrainableNetwork } from './trainable.ts';

/** Scores [pictures.length, 10] of pictures of 28×28 values in 0..1. */
export async function runLayers(
  model: LayersModel,
  place: TrainableNetwork['place'],
  pictures: readonly Float32Array[],
  options: SessionOptions,
): Promise<Float32Array> {
  const session = await InferenceSession.create(await model.toGraph(), options);
  try {
    const shape = (model.inputs[0]?.shape ?? []).map(Number);
    const inputs = placeAll(place, pictures, sizeOf(shape));
    const [name = ''] = session.inputNames;
    const outputs = await session.run({
      [name]: new Tensor('float32', inputs, [pictures.length, ...shape]),
    });
    const [scores] = Object.values(outputs);
    if (scores?.dims.join() !== `${pictures.length},${CLASSES}`) {
      throw new Error(`the model gives ${scores?.dims} scores`);
    }
    return (await scores.getData()) as Float32Array;
  } finally {
    await session.dispose();
  }
}

/** How a training script runs what it stored: with wgconv, on the CPU in float64. */
export function storedScores(make: () => LayersModel, { place }: TrainableNetwork) {
  return async (file: Uint8Array, digits: Digits, indices: Uint32Array) => {
    const model = make();
    model.loadSafetensors(file);
    const pictures = Array.from(indices, (index) => digitImage(digits, index));
    const scores = await runLayers(model, place, pictures, { backend: 'cpu' });
    return { by: 'wgconv', scores };
  };
}
