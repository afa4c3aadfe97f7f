/** Lowering of pooling: a window that is the whole plane is a reduction; the others have kernels of their own. */

import type { Pooling } from '../../../shaders/lib/pool.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { lazyModule } from '../lazy.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { reductionCandidates, reductionProblem } from '../reduce/lower.ts';
import { spatialAxes } from './norm.ts';
import { type PoolAttributes, poolGeometry } from './window.ts';

const windows = lazyModule(() => import('./lower-windows.ts'));

/** An average at a network's end mostly needs no kernel of windows. */
export function loadPool(io: LoweringIO, attributes: PoolAttributes): Promise<void> | undefined {
  return isWhole(io, attributes) ? undefined : windows.load();
}

export function lowerPool(
  io: LoweringIO,
  pooling: Pooling,
  attributes: PoolAttributes,
  caps: DeviceCaps,
): Candidate[] {
  const [x] = io.inputs;
  const [y] = io.outputs;
  if (!x || !y) return [];
  if (!isWhole(io, attributes)) return windows.get().lowerWindows(io, pooling, attributes);
  const plane = reductionProblem(pooling, x, spatialAxes(x.dims), y.layout, attributes.p);
  return reductionCandidates(plane, caps);
}

/** There is one window, without padding, and nobody asks where in it the result was. */
function isWhole({ inputs: [x], outputs }: LoweringIO, attributes: PoolAttributes): boolean {
  const [y, indices] = outputs;
  if (!x || !y || indices) return false;
  const { kernel, input, padBegin, padEnd } = poolGeometry(x.dims, y.dims, attributes);
  return (
    kernel.every((size, axis) => size === input[axis]) &&
    [...padBegin, ...padEnd].every((pad) => pad === 0)
  );
}
