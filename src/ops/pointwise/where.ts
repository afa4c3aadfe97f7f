/** Where: an element of one operand or the other, by a condition, with broadcasting. */

import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { pointwiseWhere, whereElement } from '../../../shaders/pointwise_where.ts';
import { WgconvError } from '../../core/errors.ts';
import { broadcastDims, sizeOf, type TensorType } from '../../core/shape.ts';
import { type AnyOperator, type DeviceTensor, defineOperator } from '../operator.ts';
import { nothingToDo, pointwiseCost } from './launch.ts';
import { noWalk, planWalk } from './walk.ts';

export const whereOperator: AnyOperator = defineOperator<null>({
  type: 'Where',
  arity: { inputs: [3, 3], outputs: [1, 1] },
  attributes: () => null,
  infer(inputs) {
    const [condition, a, b] = inputs as readonly [TensorType, TensorType, TensorType];
    if (condition.type !== 'bool' || a.type !== b.type) {
      throw new WgconvError(
        'invalid-model',
        `Where takes a bool and two of one type, not ${condition.type}, ${a.type} and ${b.type}`,
      );
    }
    return [{ type: a.type, dims: broadcastDims(condition.dims, a.dims, b.dims) }];
  },
  accuracy: 'exact',
  traits: {},
  reference: () => import('./where-reference.ts').then((module) => module.whereReference),
  lower(io) {
    const operands = io.inputs as readonly DeviceTensor[];
    const result = io.outputs[0] as DeviceTensor;
    if (sizeOf(result.dims) === 0) return [nothingToDo];
    const walk = planWalk(result, operands);
    if (!walk) return [];
    const [condition = noWalk, a = noWalk, b = noWalk] = walk.operands;
    return [
      {
        algorithm: 'pointwise_where',
        dispatches: [
          dispatch(
            pointwiseWhere,
            { element: whereElement(result.element), mode: walk.mode },
            {
              ...walk.shape,
              conditionInner: condition.inner,
              conditionOuter: condition.outer,
              conditionSplat: condition.splat,
              aInner: a.inner,
              aOuter: a.outer,
              aSplat: a.splat,
              bInner: b.inner,
              bOuter: b.outer,
              bSplat: b.splat,
            },
            [input(0), input(1), input(2), output(0)],
            lineWorkgroups(walk.shape.count),
          ),
        ],
        scratch: [],
        packings: [],
        cost: pointwiseCost([...operands, result], walk.shape.count),
      },
    ];
  },
});
