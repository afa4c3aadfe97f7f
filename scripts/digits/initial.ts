/** Initial weights for networks with ReLU. */

import { sizeOf } from '../../src/core/shape.ts';
import type { Random } from './random.ts';
import type { TrainableNetwork } from './trainable.ts';

/**
 * Biases 0; normal weights of standard deviation sqrt(gain / fan-in), with gain 2 before a ReLU
 * (He et al. 2015) and 1 before the outputs. Names end in `weight` or `kernel`, and in `bias`.
 */
export function heNormal(
  { shapes }: Pick<TrainableNetwork, 'shapes'>,
  name: string,
  random: Random,
): () => number {
  const fanIn = sizeOf((shapes[name] ?? []).slice(0, -1));
  const gain = name.startsWith('output') ? 1 : 2;
  const deviation = name.endsWith('bias') ? 0 : Math.sqrt(gain / fanIn);
  return () => deviation * random.normal();
}
