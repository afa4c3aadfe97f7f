/** The one way to compute a movement, as a candidate. */

import type { Dispatch } from '../../../shaders/lib/kernel.ts';
import { deviceBytes } from '../device-tensor.ts';
import type { Candidate, DeviceTensor } from '../operator.ts';

/** The candidate of dispatches that move the outputs' bytes once. */
export function movement(
  algorithm: string,
  dispatches: readonly Dispatch[],
  outputs: readonly DeviceTensor[],
): Candidate {
  const bytes = outputs.reduce((sum, tensor) => sum + deviceBytes(tensor), 0);
  return {
    algorithm,
    dispatches,
    scratch: [],
    packings: [],
    cost: {
      macs: 0,
      bytes: bytes * 2,
      invocations: Math.ceil(bytes / 16),
      efficiency: 1,
      barriers: false,
    },
  };
}
