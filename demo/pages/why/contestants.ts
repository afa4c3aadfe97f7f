/** The two networks that are compared, with the weights of either training. */

import lenet5Augmented from '../../../models/lenet5/lenet5.onnx?url';
import { lenet5, loadLenet5 } from '../../../models/lenet5/network.ts';
import lenet5Plain from '../../../models/lenet5/plain.onnx?url';
import { mlp } from '../../../models/mlp/network.ts';
import mlpPlain from '../../../models/mlp/plain.safetensors?url';
import mlpAugmented from '../../../models/mlp/weights.safetensors?url';
import { type InferenceSession, Tensor } from '../../../src/index.ts';
import type { LayersModel } from '../../../src/layers/index.ts';
import { createSession } from '../../lib/engine.ts';
import { fetchBytes } from '../../lib/fetch-bytes.ts';
import { side } from './pose.ts';

export const networks = ['cnn', 'mlp'] as const;
export type Network = (typeof networks)[number];

/** On the digits as they are, or on ones that are moved, turned and scaled a little. */
export type Training = 'plain' | 'augmented';

export interface Contestant {
  readonly parameters: number;
  /** Ten probabilities for each of the pictures, [N, 28, 28, 1] with values in 0..1. */
  probabilities(pictures: Float32Array<ArrayBuffer>): Promise<Float32Array>;
  dispose(): Promise<void>;
}

const addresses = {
  cnn: { plain: lenet5Plain, augmented: lenet5Augmented },
  mlp: { plain: mlpPlain, augmented: mlpAugmented },
} as const;

export async function openContestant(network: Network, training: Training): Promise<Contestant> {
  const bytes = await fetchBytes(addresses[network][training]);
  const model = network === 'cnn' ? lenet5() : mlp();
  if (network === 'cnn') await loadLenet5(model, bytes);
  else model.loadSafetensors(bytes);
  return contestant(model, await createSession(await model.toGraph()));
}

function contestant(model: LayersModel, session: InferenceSession): Contestant {
  const [input = ''] = session.inputNames;
  const [output = ''] = session.outputNames;
  return {
    parameters: model.countParams(),
    async probabilities(pictures) {
      const dims = [pictures.length / side ** 2, side, side, 1];
      const outputs = await session.run({ [input]: new Tensor('float32', pictures, dims) });
      return outputs[output]?.data as Float32Array;
    },
    dispose: () => session.dispose(),
  };
}

/** The likeliest of each row of ten. */
export function answersOf(probabilities: Float32Array): number[] {
  return Array.from({ length: probabilities.length / 10 }, (_, row) => {
    const ten = probabilities.subarray(row * 10, row * 10 + 10);
    return ten.indexOf(Math.max(...ten));
  });
}
