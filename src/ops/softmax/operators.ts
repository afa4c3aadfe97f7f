/**
 * Softmax, LogSoftmax and Hardmax. From opset 13 on they run along one axis (-1 by default);
 * before, the tensor is seen as a matrix, flattened at `axis` (1 by default), and they run along
 * its rows. https://onnx.ai/onnx/operators/onnx__Softmax.html
 */

import type { SoftmaxFunction } from '../../../shaders/softmax.ts';
import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { normaliseAxis } from '../../core/shape.ts';
import { type Accuracy, type AnyOperator, defineOperator } from '../operator.ts';
import { lowerSoftmax } from './lower.ts';
import type { SoftmaxAttributes } from './sizes.ts';

function softmaxOperator(type: string, name: SoftmaxFunction, accuracy: Accuracy): AnyOperator {
  return defineOperator<SoftmaxAttributes>({
    type,
    arity: { inputs: [1, 1], outputs: [1, 1] },
    attributes: (source, opset) => ({
      axis: source.int('axis', opset < 13 ? 1 : -1),
      flatten: opset < 13,
    }),
    infer([x], { axis, flatten }) {
      if (!x) throw new WgconvError('missing-input', `${type} needs an input`);
      if (!isFloat(x.type)) {
        throw new WgconvError('wrong-type', `${type} takes floating-point tensors, not ${x.type}`);
      }
      if (x.dims.length > 0 && !(flatten && axis === x.dims.length)) {
        normaliseAxis(axis, x.dims.length);
      }
      return [x];
    },
    accuracy,
    traits: {},
    reference: () => import('./reference.ts').then((module) => module.softmaxReference(name)),
    lower: (io, attributes, caps) => lowerSoftmax(io, name, attributes, caps),
  });
}

export const softmaxOperators: readonly AnyOperator[] = [
  softmaxOperator('Softmax', 'softmax', 'function'),
  softmaxOperator('LogSoftmax', 'logSoftmax', 'function'),
  softmaxOperator('Hardmax', 'hardmax', 'exact'),
];
