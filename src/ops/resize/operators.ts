/**
 * Resize and Upsample: every mode, coordinate transform and policy.
 * https://onnx.ai/onnx/operators/onnx__Resize.html — opset versions 10, 11, 13, 18 and 19;
 * https://onnx.ai/onnx/operators/onnx__Upsample.html — 1, 7 and 9.
 */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, isStatic } from '../../core/shape.ts';
import { unknownDims } from '../dims.ts';
import { c4OrLinear, uniformChoice } from '../layouts.ts';
import { type AnyOperator, type AttributeReader, defineOperator } from '../operator.ts';
import { type ResizeAttributes, resizeAttributes, upsampleAttributes } from './attributes.ts';
import { resizedAxes, resizedDims } from './axes.ts';
import { changedAxes, lowerResize } from './lower.ts';

function resizeOperator(
  type: string,
  attributes: (source: AttributeReader, opset: number) => ResizeAttributes,
): AnyOperator {
  return defineOperator<ResizeAttributes>({
    type,
    arity: { inputs: [1, 4], outputs: [1, 1] },
    attributes,
    infer([x], values, known) {
      if (!x) throw new WgconvError('missing-input', `${type} needs X`);
      if (values.mode !== 'nearest' && !isFloat(x.type)) {
        throw new WgconvError(
          'unsupported-type',
          `${type} interpolates floating-point tensors only, not ${x.type}; mode "nearest" takes any`,
        );
      }
      const dims = resizedDims(x.dims, values, known);
      return [
        { type: x.type, dims: dims ?? unknownDims(`${type}${formatDims(x.dims)}`, x.dims.length) },
      ];
    },
    accuracy: ({ mode }) => (mode === 'nearest' ? 'exact' : 'sum'),
    traits: {
      hostInputs: [1, 2, 3],
      layouts(facts) {
        const [x] = facts.inputs;
        const linear = [uniformChoice(facts, 'linear', [0])];
        if (!x || !isStatic(x)) return linear;
        const { attributes: values, constant } = facts;
        const axes = resizedAxes(x.dims, values, constant);
        // Blocks of channels go through where only pixels move and unused lanes stay zero.
        const pixels =
          axes &&
          values.transform !== 'tf_crop_and_resize' &&
          changedAxes(axes, values).every(({ at }) => at >= 2);
        return pixels ? c4OrLinear(facts, [0]) : linear;
      },
    },
    reference: () => import('./reference.ts').then((m) => m.resizeReference),
    lower: lowerResize,
  });
}

export const resizeOperators: readonly AnyOperator[] = [
  resizeOperator('Resize', resizeAttributes),
  resizeOperator('Upsample', upsampleAttributes),
];
