/** Lowers a function of one operand. */

import { activationUniforms } from '../../../shaders/lib/activations.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { floatFunctions } from '../../../shaders/lib/unary.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { pointwiseUnary } from '../../../shaders/pointwise_unary.ts';
import { isFloat } from '../../core/dtype.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Candidate, DeviceTensor, LoweringIO } from '../operator.ts';
import type { UnaryAttributes } from './attributes.ts';
import {
  hasUnusedLanes,
  maskUniforms,
  nothingToDo,
  pointwiseCost,
  specialBits,
  vec4Count,
  wrapShift,
} from './launch.ts';

/** One dispatch of a unary function from input 0 to output 0. */
export function lowerUnary(io: LoweringIO, attributes: UnaryAttributes): Candidate {
  const x = io.inputs[0] as DeviceTensor;
  const y = io.outputs[0] as DeviceTensor;
  if (sizeOf(y.dims) === 0) return nothingToDo;
  const row = isFloat(x.type) ? floatFunctions.get(attributes.function) : undefined;
  const mask = hasUnusedLanes(y) && row?.keepsZero === false;
  const count = vec4Count(y);
  return {
    algorithm: 'pointwise_unary',
    dispatches: [
      dispatch(
        pointwiseUnary,
        { function: attributes.function, element: x.element, mask },
        {
          count,
          wrapShift: wrapShift(y.type),
          ...activationUniforms(attributes.parameters),
          ...specialBits,
          ...maskUniforms(y),
        },
        [input(0), output(0)],
        lineWorkgroups(count),
      ),
    ],
    scratch: [],
    packings: [],
    cost: pointwiseCost([x, y], count),
  };
}
