/**
 * Lowers a function of two operands, and of any number by applying it again and again: the first
 * two operands into scratch, each further one onto that, the last into the output.
 */

import { activationUniforms } from '../../../shaders/lib/activations.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  input,
  output,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { pointwiseBinary } from '../../../shaders/pointwise_binary.ts';
import { isFloat } from '../../core/dtype.ts';
import { sizeOf } from '../../core/shape.ts';
import { deviceBytes } from '../device-tensor.ts';
import type { Candidate, DeviceTensor, LoweringIO } from '../operator.ts';
import type { Broadcasting } from './attributes.ts';
import { alignedOperands } from './broadcasting.ts';
import {
  hasUnusedLanes,
  maskUniforms,
  nothingToDo,
  pointwiseCost,
  specialBits,
  wrapShift,
} from './launch.ts';
import { noWalk, planWalk } from './walk.ts';

/**
 * `name` is the row of the last step, `steps` that of the ones before it: a mean sums, and divides
 * at the end. Empty where the shapes need more axes than the kernel walks.
 */
export function lowerChain(
  io: LoweringIO,
  name: string,
  broadcasting: Broadcasting = {},
  steps = name,
): readonly Candidate[] {
  const result = io.outputs[0] as DeviceTensor;
  if (sizeOf(result.dims) === 0) return [nothingToDo];
  const operands = alignedOperands(io.inputs as DeviceTensor[], broadcasting);
  // Sums of f16 are kept in f32 until they are stored.
  const partial: DeviceTensor =
    steps === 'add' && result.element === 'f16' ? { ...result, element: 'f32' } : result;
  const dispatches: Dispatch[] = [];
  let left = operands[0] as DeviceTensor;
  let leftRole: BufferRole = input(0);
  for (let index = 1; index < operands.length; index++) {
    const last = index === operands.length - 1;
    const target = last ? result : partial;
    const role = last ? output(0) : scratch((index - 1) % 2);
    const step = binaryDispatch(
      last ? name : steps,
      [left, operands[index] as DeviceTensor],
      target,
      [leftRole, input(index), role],
      { divisor: operands.length, activation: last ? io.epilogue?.activation : undefined },
    );
    if (!step) return [];
    dispatches.push(step);
    left = target;
    leftRole = role;
  }
  const scratchBuffers = Math.min(operands.length - 2, 2);
  return [
    {
      algorithm: 'pointwise_binary',
      dispatches,
      scratch: new Array<number>(Math.max(scratchBuffers, 0)).fill(deviceBytes(partial)),
      packings: [],
      cost: pointwiseCost(
        [...operands, ...dispatches.slice(1).flatMap(() => [partial, partial]), result],
        sizeOf(result.dims) / 4,
      ),
    },
  ];
}

export interface StepOptions {
  readonly divisor?: number;
  readonly activation?:
    | { readonly name: string; readonly parameters: readonly number[] }
    | undefined;
}

/** One dispatch; undefined where the shapes need more axes than the kernel walks. */
export function binaryDispatch(
  name: string,
  [a, b]: readonly [DeviceTensor, DeviceTensor],
  result: DeviceTensor,
  buffers: readonly BufferRole[],
  { divisor = 1, activation }: StepOptions = {},
): Dispatch | undefined {
  const walk = planWalk(result, [a, b]);
  if (!walk) return undefined;
  const [walkA = noWalk, walkB = noWalk] = walk.operands;
  // Zeros stay zeros under plain sums and products; anything else must be masked.
  const zeros = ['add', 'sub', 'mul', 'max', 'min'].includes(name) && !activation;
  const mask = hasUnusedLanes(result) && !(zeros && walk.mode === 'flat');
  return dispatch(
    pointwiseBinary,
    {
      function: name,
      mode: walk.mode,
      a: a.element,
      b: b.element,
      result: result.element,
      activation: activation?.name ?? 'none',
      mask,
    },
    {
      ...walk.shape,
      aInner: walkA.inner,
      aOuter: walkA.outer,
      aSplat: walkA.splat,
      bInner: walkB.inner,
      bOuter: walkB.outer,
      bSplat: walkB.splat,
      wrapShift: isFloat(result.type) ? 0 : wrapShift(result.type),
      divisor,
      ...activationUniforms(activation?.parameters),
      ...specialBits,
      ...maskUniforms(result),
    },
    buffers,
    lineWorkgroups(walk.shape.count),
  );
}
