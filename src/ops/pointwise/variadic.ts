/** Max, Min, Sum and Mean of any number of operands, elementwise with broadcasting. */

import { isFloat, kindOf } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { broadcastDims, type TensorType } from '../../core/shape.ts';
import { type Accuracy, type AnyOperator, defineOperator } from '../operator.ts';
import type { VariadicAttributes } from './attributes.ts';
import { operandLayouts, residualStep } from './binary-traits.ts';
import { kernels } from './kernels.ts';

/** Rows of the binary table: the last step, and the steps before it. */
const steps = {
  max: ['max', 'max'],
  min: ['min', 'min'],
  sum: ['add', 'add'],
  mean: ['mean', 'add'],
} as const;

function defineVariadic(
  type: string,
  name: VariadicAttributes['function'],
  accuracy: Accuracy,
): AnyOperator {
  return defineOperator<VariadicAttributes>({
    type,
    arity: { inputs: [1, Number.POSITIVE_INFINITY], outputs: [1, 1] },
    attributes(source) {
      source.has('consumed_inputs'); // of opset 1, without meaning
      return { function: name };
    },
    infer(inputs) {
      const operands = inputs as readonly TensorType[];
      const types = operands.map((operand) => operand.type);
      const [first = 'float32'] = types;
      if (kindOf(first) === 'bool' || (accuracy === 'sum' && !isFloat(first))) {
        throw new WgconvError('unsupported-type', `${type} takes no ${first}`);
      }
      if (types.some((other) => other !== first)) {
        throw new WgconvError(
          'invalid-model',
          `${type} takes inputs of one type, not ${types.join(', ')}`,
        );
      }
      return [{ type: first, dims: broadcastDims(...operands.map(({ dims }) => dims)) }];
    },
    accuracy,
    traits: {
      layouts: ({ inputs, outputs }) => {
        const operands = inputs as readonly TensorType[];
        const dims = operands.map((operand) => operand.dims);
        return operandLayouts(operands, dims, outputs[0] as TensorType);
      },
      ...(name === 'sum' && { epilogue: ['activation'] as const, asEpilogue: residualStep }),
    },
    reference: () => import('./variadic-reference.ts').then((module) => module.variadicReference),
    load: kernels.load,
    lower(io, attributes) {
      if (io.inputs.length > 1) {
        const [last, others] = steps[attributes.function];
        return kernels.get().lowerChain(io, last, {}, others);
      }
      // One operand is the result itself, but for a fused activation.
      const { name: only = 'none', parameters = [] } = io.epilogue?.activation ?? {};
      return [kernels.get().lowerUnary(io, { function: only, parameters })];
    },
  });
}

export const variadicOperators: readonly AnyOperator[] = [
  defineVariadic('Max', 'max', 'exact'),
  defineVariadic('Min', 'min', 'exact'),
  defineVariadic('Sum', 'sum', 'sum'),
  defineVariadic('Mean', 'mean', 'sum'),
];
