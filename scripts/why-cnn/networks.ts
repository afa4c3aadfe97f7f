/** The networks that the report compares: LeNet-5 and the multilayer perceptron, each trained twice. */

import { readFile } from 'node:fs/promises';
import { lenet5, loadLenet5, nameInOnnx } from '../../models/lenet5/network.ts';
import { mlp } from '../../models/mlp/network.ts';
import type { LayersModel } from '../../src/layers/index.ts';
import { weightsOf } from '../digits/layers-weights.ts';
import type { TrainableNetwork, Weights } from '../digits/trainable.ts';
import { LENET5 } from '../lenet5/network.ts';
import { MLP } from '../mlp/network.ts';

export interface Contestant {
  /** Such as "LeNet-5". */
  readonly network: string;
  /** Whether it was trained on digits that were shifted, turned and scaled a little. */
  readonly augmented: boolean;
  readonly parameters: number;
  readonly trained: TrainableNetwork;
  readonly weights: Weights;
}

export async function contestants(): Promise<readonly Contestant[]> {
  const read = (path: string): Promise<Uint8Array> =>
    readFile(new URL(`../../models/${path}`, import.meta.url));
  const lenet = async (file: string, augmented: boolean): Promise<Contestant> => {
    const model = lenet5();
    await loadLenet5(model, await read(`lenet5/${file}`));
    // Training has the ONNX file's names.
    return contestant('LeNet-5', augmented, LENET5, model, weightsOf(model, nameInOnnx));
  };
  const perceptron = async (file: string, augmented: boolean): Promise<Contestant> => {
    const model = mlp();
    model.loadSafetensors(await read(`mlp/${file}`));
    return contestant('MLP', augmented, MLP, model, weightsOf(model));
  };
  return [
    await lenet('plain.onnx', false),
    await perceptron('plain.safetensors', false),
    await lenet('lenet5.onnx', true),
    await perceptron('weights.safetensors', true),
  ];
}

function contestant(
  network: string,
  augmented: boolean,
  trained: TrainableNetwork,
  model: LayersModel,
  weights: Weights,
): Contestant {
  return { network, augmented, parameters: model.countParams(), trained, weights };
}
