/** Lowers Clip where its bounds are not known before it runs. */

import { input, output, scratch } from '../../../shaders/lib/kernel.ts';
import { sizeOf } from '../../core/shape.ts';
import { deviceBytes } from '../device-tensor.ts';
import type { Candidate, DeviceTensor, LoweringIO } from '../operator.ts';
import { binaryDispatch } from './chain.ts';
import { nothingToDo, pointwiseCost, vec4Count } from './launch.ts';
import { lowerUnary } from './lower-unary.ts';

/** Maximum with the lower bound, then minimum with the upper one, as two-operand steps. */
export function lowerClip(io: LoweringIO): readonly Candidate[] {
  const [x, min, max] = io.inputs;
  const y = io.outputs[0] as DeviceTensor;
  if (sizeOf(y.dims) === 0) return [nothingToDo];
  if (!x || !(min ?? max)) return [lowerUnary(io, { function: 'none', parameters: [] })];
  const both = min !== undefined && max !== undefined;
  const steps = [
    min && binaryDispatch('max', [x, min], y, [input(0), input(1), both ? scratch(0) : output(0)]),
    max && binaryDispatch('min', [x, max], y, [both ? scratch(0) : input(0), input(2), output(0)]),
  ];
  const dispatches = steps.filter((step) => step !== undefined);
  return [
    {
      algorithm: 'pointwise_binary',
      dispatches,
      scratch: both ? [deviceBytes(y)] : [],
      packings: [],
      cost: pointwiseCost(both ? [x, y, y, y] : [x, y], vec4Count(y)),
    },
  ];
}
