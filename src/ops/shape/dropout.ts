/** Dropout, as it is at inference: the same bytes, and a mask of ones where one is asked for. */

import { fill } from '../../../shaders/fill.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { WgconvError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { elementsOf } from '../../core/tensor.ts';
import { c4OrLinear } from '../layouts.ts';
import { movement } from '../movement/candidate.ts';
import { copyAll } from '../movement/copy.ts';
import { defineOperator } from '../operator.ts';

interface DropoutAttributes {
  /** Type of the mask: the data's own before opset 10. */
  readonly boolMask: boolean;
}

/**
 * Inference only: the data as it is, nothing masked. `is_test` of opsets 1 to 6 is not looked at
 * (its default would mean training, which exporters of that time did not mean; onnxruntime takes
 * it for inference too).
 */
export const dropout = defineOperator<DropoutAttributes>({
  type: 'Dropout',
  arity: { inputs: [1, 3], outputs: [1, 2] },
  attributes(source, opset) {
    for (const name of ['ratio', 'seed', 'is_test', 'consumed_inputs']) source.has(name);
    return { boolMask: opset >= 10 };
  },
  infer([x, , training], { boolMask }, known) {
    if (!x) return [];
    const mode = known(2);
    if (mode ? elementsOf(mode)[0] : training) {
      throw new WgconvError(
        'unsupported-operator',
        mode
          ? 'Dropout in training mode is random; export the model for inference'
          : 'training_mode of Dropout must be a constant, false',
      );
    }
    return [x, { type: boolMask ? 'bool' : x.type, dims: x.dims }];
  },
  accuracy: 'exact',
  traits: {
    view: true,
    hostInputs: [1, 2],
    layouts(facts) {
      const [linear] = c4OrLinear(facts, [0]).slice(-1);
      return facts.outputs.length > 1 && linear ? [linear] : c4OrLinear(facts, [0]);
    },
  },
  reference: () => import('../movement/reference.ts').then((m) => m.sameReference),
  lower(io) {
    // Without a mask it is a view. A copy is needed where there are two outputs.
    const [x] = io.inputs;
    const [, mask] = io.outputs;
    if (!x || !mask) return [];
    const copy = copyAll(x, input(0), output(0));
    const one = { f32: 0x3f800000, f16: 0x3c003c00, i32: 1, u32: 1 }[mask.element];
    const count = Math.ceil(sizeOf(mask.dims) / (mask.element === 'f16' ? 2 : 1));
    const ones = dispatch(fill, {}, { count, value: one }, [output(1)], lineWorkgroups(count));
    const dispatches = count === 0 ? [] : [...copy, ones];
    return [movement('dropout', dispatches, io.outputs)];
  },
});
