/** Candidates of kernels that run in a line: the one way to compute a movement, and the like. */

import type { Dispatch } from '../../../shaders/lib/kernel.ts';
import { tensorBytes } from '../device-tensor.ts';
import type { Candidate, Cost, DeviceTensor } from '../operator.ts';

/** The candidate of dispatches that move the outputs' bytes once. */
export function movement(
  algorithm: string,
  dispatches: readonly Dispatch[],
  outputs: readonly DeviceTensor[],
): Candidate {
  const bytes = tensorBytes(...outputs);
  return lineCandidate(algorithm, dispatches, {
    macs: 0,
    bytes: bytes * 2,
    invocations: Math.ceil(bytes / 16),
    efficiency: 1,
  });
}

/** The candidate of kernels that run in a line; without invocations there is nothing to dispatch. */
export function lineCandidate(
  algorithm: string,
  dispatches: readonly Dispatch[],
  cost: Omit<Cost, 'barriers'>,
): Candidate {
  return {
    algorithm,
    dispatches: cost.invocations === 0 ? [] : dispatches,
    scratch: [],
    packings: [],
    cost: { ...cost, barriers: false },
  };
}
