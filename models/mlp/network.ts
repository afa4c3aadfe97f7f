/**
 * A multilayer perceptron with the layers API, of about as many parameters as LeNet-5, which it is
 * compared with. Its weights are the safetensors files beside it.
 */

import { dense, flatten, type LayersModel, sequential } from '../../src/layers/index.ts';

/** Units of the two hidden layers: 61,676 parameters, 30 fewer than LeNet-5. */
export const MLP_HIDDEN = [72, 62] as const;

/** From `picture_input` [N, 28, 28, 1], values in 0..1, white on black, to `output` [N, 10]. */
export function mlp(): LayersModel {
  const [first, second] = MLP_HIDDEN;
  return sequential(
    [
      flatten({ name: 'picture', inputShape: [28, 28, 1] }),
      dense({ name: 'hidden1', units: first, activation: 'relu' }),
      dense({ name: 'hidden2', units: second, activation: 'relu' }),
      dense({ name: 'output', units: 10, activation: 'softmax' }),
    ],
    { name: 'mlp' },
  );
}
