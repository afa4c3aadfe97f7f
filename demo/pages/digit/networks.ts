/** The networks to choose from: their stages, and how each is loaded. */

import type { InferenceSession } from '../../../src/index.ts';
import type { Stage } from './stages.ts';

export type NetworkId = 'lenet5' | 'zip1989';

/** A loaded network. Its owner disposes of the session. */
export interface Network {
  readonly id: NetworkId;
  readonly session: InferenceSession;
  /** The first is the input. */
  readonly stages: readonly Stage[];
  /** Index of the stage with the ten units that answer. */
  readonly output: number;
  /** The model's own probabilities; '' where it has none. */
  readonly probabilities: string;
  readonly inputDims: readonly number[];
  /** The network's input from 28×28 values of 0 to 1. */
  prepare(picture: Float32Array): Float32Array<ArrayBuffer>;
}

export const networks: Readonly<Record<NetworkId, () => Promise<Network>>> = {
  lenet5: async () => (await import('./lenet5.ts')).loadLenet5(),
  zip1989: async () => (await import('./zip1989.ts')).loadZip1989(),
};
