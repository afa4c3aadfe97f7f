/** Cast and CastLike: the same values in another element type. */

import { type CastTarget, cast as castKernel } from '../../../shaders/cast.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { c4Elements } from '../../../shaders/lib/layout.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { type DataType, isHostOnly } from '../../core/dtype.ts';
import { sizeOf } from '../../core/shape.ts';
import { c4OrLinear } from '../layouts.ts';
import { movement } from '../movement/candidate.ts';
import { copyAll } from '../movement/copy.ts';
import { elementTypeOfName, elementTypeOfNumber } from '../onnx-types.ts';
import {
  type AnyOperator,
  type Candidate,
  defineOperator,
  type LoweringIO,
  type Traits,
} from '../operator.ts';

const traits: Traits<unknown> = { layouts: (facts) => c4OrLinear(facts, [0]) };

const reference = () => import('./reference.ts').then((m) => m.castReference);

function lower({ inputs: [x], outputs }: LoweringIO): readonly Candidate[] {
  const [result] = outputs;
  if (!x || !result || isHostOnly(result.type)) return [];
  if (x.type === result.type) {
    return [movement('strided_copy', copyAll(x, input(0), output(0)), outputs)];
  }
  const count = Math.ceil((x.layout === 'c4' ? c4Elements(x.dims) : sizeOf(x.dims)) / 4);
  const to: CastTarget =
    result.type === 'float16' && result.element === 'f32'
      ? 'float16In32'
      : (result.type as CastTarget);
  const step = dispatch(
    castKernel,
    { from: x.element, to },
    { count },
    [input(0), output(0)],
    lineWorkgroups(count),
  );
  return [movement('cast', count === 0 ? [] : [step], outputs)];
}

const cast = defineOperator<{ readonly to: DataType }>({
  type: 'Cast',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes(source, opset) {
    // Both speak of float8 types only, which wgconv does not have.
    source.has('saturate');
    source.has('round_mode');
    return {
      to:
        opset < 6 ? elementTypeOfName(source.string('to')) : elementTypeOfNumber(source.int('to')),
    };
  },
  infer: ([x], { to }) => (x ? [{ type: to, dims: x.dims }] : []),
  accuracy: 'exact',
  traits,
  reference,
  lower,
});

const castLike = defineOperator<null>({
  type: 'CastLike',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes(source) {
    source.has('saturate');
    source.has('round_mode');
    return null;
  },
  infer: ([x, like]) => (x && like ? [{ type: like.type, dims: x.dims }] : []),
  accuracy: 'exact',
  traits: { ...traits, typeInputs: [1] },
  reference,
  lower,
});

export const castOperators: readonly AnyOperator[] = [cast, castLike];
