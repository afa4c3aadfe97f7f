/** How many parameters each layer of a network has. */

import type { LayersModel } from '../../src/layers/index.ts';

/** [name, parameters] of the layers that have any, in order. */
export function layerParameters({ layers }: LayersModel): (readonly [string, number])[] {
  return layers
    .map(({ name, weights }) => [name, weights.reduce((sum, { size }) => sum + size, 0)] as const)
    .filter(([, count]) => count !== 0);
}
