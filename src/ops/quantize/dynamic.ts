/**
 * DynamicQuantizeLinear: uint8 by the range of the data itself; y, its scale and its zero point.
 * https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html
 */

import { dispatch, input, output, scratch } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { quantize } from '../../../shaders/quantize.ts';
import { valueRange } from '../../../shaders/value_range.ts';
import { WgconvError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { movement } from '../movement/candidate.ts';
import { type AnyOperator, defineOperator } from '../operator.ts';
import { granularityOf } from './granularity.ts';

/** Invocations of the first two stages at most: their loops stay short, and so does the last. */
const stages = [4096, 64] as const;

export const dynamicQuantizeLinear: AnyOperator = defineOperator<null>({
  type: 'DynamicQuantizeLinear',
  arity: { inputs: [1, 1], outputs: [3, 3] },
  attributes: () => null,
  infer([x]) {
    if (!x) throw new WgconvError('missing-input', 'DynamicQuantizeLinear needs x');
    if (x.type !== 'float32') {
      throw new WgconvError('wrong-type', `x is ${x.type}, but must be float32`);
    }
    return [
      { type: 'uint8', dims: x.dims },
      { type: 'float32', dims: [] },
      { type: 'uint8', dims: [] },
    ];
  },
  accuracy: 'discrete',
  traits: {},
  reference: () => import('./reference.ts').then((m) => m.dynamicQuantizeReference),
  lower(io) {
    const [x] = io.inputs;
    if (!x) return [];
    const size = sizeOf(x.dims);
    const [first, second] = stages.map((most) => Math.min(most, Math.max(1, Math.ceil(size / 4))));
    if (first === undefined || second === undefined) return [];
    const vectors = Math.ceil(size / 4);
    const range = (stage: 'values' | 'ranges', count: number, of: number, from: number) =>
      dispatch(
        valueRange,
        { stage },
        { count, size: of },
        [stage === 'values' ? input(0) : scratch(from), scratch(from + 1)],
        lineWorkgroups(count),
      );
    const values = range('values', first, size, -1);
    const ranges = range('ranges', second, first, 0);
    const scale = dispatch(
      valueRange,
      { stage: 'scale' },
      { count: 1, size: second },
      [scratch(1), output(1), output(2)],
      [1, 1, 1],
    );
    const step = dispatch(
      quantize,
      { from: 'f32', scale: 'f32', to: 'i32' },
      {
        ...{ count: vectors, hasZero: 1, half: 0, low: 0, high: 255 },
        ...granularityOf(x.dims, [], { axis: 0, blockSize: 0 }),
      },
      [input(0), output(1), output(2), output(0)],
      lineWorkgroups(vectors),
    );
    const dispatches = [values, ranges, scale, ...(vectors > 0 ? [step] : [])];
    return [
      {
        ...movement('dynamic_quantize', dispatches, [...io.outputs, x]),
        scratch: [first * 8, second * 8],
      },
    ];
  },
});
