/** Lowers a chain of pointwise operators to one dispatch. */

import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import {
  chainText,
  maxChainSteps,
  operandNames,
  pointwiseChain,
} from '../../../shaders/pointwise_chain.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Candidate, DeviceTensor, LoweringIO } from '../operator.ts';
import type { CompositeAttributes } from './attributes.ts';
import { hasUnusedLanes, maskUniforms, nothingToDo, pointwiseCost, specialBits } from './launch.ts';
import { noWalk, planWalk } from './walk.ts';

/** Empty where the shapes need more axes than the kernel walks. */
export function lowerComposite(
  io: LoweringIO,
  { steps }: CompositeAttributes,
): readonly Candidate[] {
  const operands = io.inputs as DeviceTensor[];
  const result = io.outputs[0] as DeviceTensor;
  if (sizeOf(result.dims) === 0) return [nothingToDo];
  const walk = planWalk(result, operands);
  if (!walk) return [];
  const [a = noWalk, b = noWalk, c = noWalk, d = noWalk] = walk.operands;
  const parameters = Array.from({ length: maxChainSteps }, (_, step) => {
    const [alpha = 0, beta = 0] = steps[step]?.parameters ?? [];
    return { [`alpha${step}`]: alpha, [`beta${step}`]: beta };
  });
  return [
    {
      algorithm: 'pointwise_chain',
      dispatches: [
        dispatch(
          pointwiseChain,
          {
            steps: chainText(steps),
            operands: operands.length,
            mode: walk.mode,
            element: result.element === 'f16' ? 'f16' : 'f32',
            mask: hasUnusedLanes(result),
          },
          {
            ...walk.shape,
            ...{ aInner: a.inner, aOuter: a.outer, aSplat: a.splat },
            ...{ bInner: b.inner, bOuter: b.outer, bSplat: b.splat },
            ...{ cInner: c.inner, cOuter: c.outer, cSplat: c.splat },
            ...{ dInner: d.inner, dOuter: d.outer, dSplat: d.splat },
            ...Object.assign({}, ...parameters),
            ...specialBits,
            ...maskUniforms(result),
          },
          [...operandNames.slice(0, operands.length).map((_, at) => input(at)), output(0)],
          lineWorkgroups(walk.shape.count),
        ),
      ],
      scratch: [],
      packings: [],
      cost: pointwiseCost([...operands, result], walk.shape.count),
    },
  ];
}
