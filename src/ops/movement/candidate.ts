/** The one way to compute a movement, as a candidate; how its lines are shared out. */

import { type Dispatch, foldWorkgroups } from '../../../shaders/lib/kernel.ts';
import { lineSize } from '../../../shaders/lib/words.ts';
import { tensorBytes } from '../device-tensor.ts';
import type { Candidate, DeviceTensor } from '../operator.ts';

/** Workgroups of a kernel that runs `count` invocations in a line. */
export function lineWorkgroups(count: number): [number, number, number] {
  return foldWorkgroups(Math.ceil(count / lineSize[0]));
}

/** The candidate of dispatches that move the outputs' bytes once. */
export function movement(
  algorithm: string,
  dispatches: readonly Dispatch[],
  outputs: readonly DeviceTensor[],
): Candidate {
  const bytes = tensorBytes(...outputs);
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
