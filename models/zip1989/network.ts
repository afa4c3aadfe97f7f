/**
 * The 1989 zip-code network with the layers API: LeCun, Boser, Denker, Henderson, Howard, Hubbard and
 * Jackel, "Backpropagation applied to handwritten zip code recognition", Neural Computation 1, 1989.
 * Its weights are weights.safetensors beside it; `zipInput` makes its input.
 */

import { conv2d, dense, flatten, type LayersModel, sequential } from '../../src/layers/index.ts';
import { H2_CONNECTIONS } from './connections.ts';
import { ZIP_BACKGROUND, ZIP_SIZE } from './input.ts';

/** Units of H1 and H2 share their weights within a map, but each has a bias of its own. */
const map = {
  filters: 12,
  kernelSize: 5,
  strides: 2,
  padding: 2,
  paddingValue: ZIP_BACKGROUND,
  biasPerPosition: true,
  activation: 'scaledTanh',
} as const;

/** From `H1_input` [N, 16, 16, 1], values in −1..1, to ten units of about −1 to 1, `output` [N, 10]. */
export function zip1989(): LayersModel {
  return sequential(
    [
      conv2d({ name: 'H1', inputShape: [ZIP_SIZE, ZIP_SIZE, 1], ...map }),
      conv2d({ name: 'H2', connections: H2_CONNECTIONS, ...map }),
      flatten({ name: 'flatten' }),
      dense({ name: 'H3', units: 30, activation: 'scaledTanh' }),
      dense({ name: 'output', units: 10, activation: 'scaledTanh' }),
    ],
    { name: 'zip1989' },
  );
}
