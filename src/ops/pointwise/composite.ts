/**
 * wgconv.Pointwise: several pointwise operators one after another, in one dispatch. A pass makes it
 * of neighbours of which nobody else reads what lies between; they stay its originals, whose
 * composition is its reference.
 */

import { internal } from '../../core/errors.ts';
import type { TensorType } from '../../core/shape.ts';
import { type AnyOperator, defineOperator } from '../operator.ts';
import type { CompositeAttributes } from './attributes.ts';
import { operandLayouts } from './binary-traits.ts';
import { resultDims } from './broadcasting.ts';
import { lowerComposite } from './lower-composite.ts';

export const composite: AnyOperator = defineOperator<CompositeAttributes>({
  type: 'wgconv.Pointwise',
  arity: { inputs: [1, 4], outputs: [1, 1] },
  attributes: (source) => source.fail('this operator is made by wgconv and not read from a file'),
  infer: (inputs) => {
    const operands = inputs as TensorType[];
    return [{ type: (operands[0] as TensorType).type, dims: resultDims(operands, {}) }];
  },
  accuracy: 'function',
  traits: {
    layouts({ inputs, outputs }) {
      const operands = inputs as TensorType[];
      const dims = operands.map((operand) => operand.dims);
      return operandLayouts(operands, dims, outputs[0] as TensorType);
    },
  },
  reference: async () => () => {
    throw internal('a chain of pointwise operators lost its originals');
  },
  lower: lowerComposite,
});
