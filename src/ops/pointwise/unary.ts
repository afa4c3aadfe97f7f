/**
 * Operators of one input, elementwise: from each line of the table come attributes, inference,
 * traits, reference and lowering. The functions themselves are in `shaders/lib`.
 */

import { floatFunctions, floatTests, integerFunctions } from '../../../shaders/lib/unary.ts';
import { isFloat, kindOf } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import type { TensorType } from '../../core/shape.ts';
import {
  type Accuracy,
  type AnyOperator,
  type AttributeReader,
  defineOperator,
} from '../operator.ts';
import type { UnaryAttributes } from './attributes.ts';
import { kernels } from './kernels.ts';
import { unaryLayouts } from './unary-layouts.ts';

interface UnaryLine {
  readonly type: string;
  readonly accuracy: Accuracy;
  /** Name of the row, where the attributes do not decide it. */
  readonly function?: string;
  /** Attribute names and defaults, in the order of the row's parameters. */
  readonly floats?: Readonly<Record<string, number>>;
  readonly parse?: (source: AttributeReader, opset: number) => UnaryAttributes;
  /** The operator that is x times this function, for these parameters. */
  readonly gates?: { readonly op: string; readonly parameters: readonly number[] };
}

/** 32-bit defaults: attributes are float32, so `0.2` means its nearest float32. */
const lines: readonly UnaryLine[] = [
  { type: 'Relu', accuracy: 'exact' },
  { type: 'LeakyRelu', accuracy: 'function', floats: { alpha: 0.01 } },
  { type: 'Elu', accuracy: 'function', floats: { alpha: 1 } },
  { type: 'Celu', accuracy: 'function', floats: { alpha: 1 } },
  {
    type: 'Selu',
    accuracy: 'function',
    parse: (source, opset) => ({
      function: 'selu',
      // Selu-1 gave its constants with four digits.
      parameters: [
        Math.fround(source.float('alpha', opset < 6 ? 1.6732 : 1.6732632423543772)),
        Math.fround(source.float('gamma', opset < 6 ? 1.0507 : 1.0507009873554805)),
      ],
    }),
  },
  { type: 'ThresholdedRelu', accuracy: 'exact', floats: { alpha: 1 } },
  {
    type: 'HardSigmoid',
    accuracy: 'function',
    floats: { alpha: 0.2, beta: 0.5 },
    gates: { op: 'HardSwish', parameters: [Math.fround(1 / 6), 0.5] },
  },
  { type: 'HardSwish', accuracy: 'function' },
  { type: 'Sigmoid', accuracy: 'function', gates: { op: 'Swish', parameters: [] } },
  { type: 'Tanh', accuracy: 'function' },
  { type: 'Softplus', accuracy: 'function' },
  { type: 'Softsign', accuracy: 'function' },
  { type: 'Mish', accuracy: 'function' },
  {
    type: 'Gelu',
    accuracy: 'function',
    parse: (source) => {
      const approximate = source.string('approximate', 'none');
      if (approximate !== 'none' && approximate !== 'tanh') {
        source.fail(`approximate is "none" or "tanh", not "${approximate}"`);
      }
      return { function: approximate === 'tanh' ? 'gelutanh' : 'gelu', parameters: [] };
    },
  },
  { type: 'Swish', accuracy: 'function', floats: { alpha: 1 } },
  { type: 'Shrink', accuracy: 'function', floats: { lambd: 0.5, bias: 0 } },
  { type: 'Abs', accuracy: 'exact' },
  { type: 'Neg', accuracy: 'exact' },
  { type: 'Ceil', accuracy: 'exact' },
  { type: 'Floor', accuracy: 'exact' },
  { type: 'Round', accuracy: 'exact' },
  { type: 'Sign', accuracy: 'exact' },
  { type: 'Sqrt', accuracy: 'function' },
  { type: 'Reciprocal', accuracy: 'function' },
  { type: 'Exp', accuracy: 'function' },
  { type: 'Log', accuracy: 'function' },
  { type: 'Sin', accuracy: 'function' },
  { type: 'Cos', accuracy: 'function' },
  { type: 'Tan', accuracy: 'function' },
  { type: 'Asin', accuracy: 'function' },
  { type: 'Acos', accuracy: 'function' },
  { type: 'Atan', accuracy: 'function' },
  { type: 'Sinh', accuracy: 'function' },
  { type: 'Cosh', accuracy: 'function' },
  { type: 'Asinh', accuracy: 'function' },
  { type: 'Acosh', accuracy: 'function' },
  { type: 'Atanh', accuracy: 'function' },
  { type: 'Erf', accuracy: 'function' },
  { type: 'Not', accuracy: 'exact' },
  { type: 'BitwiseNot', accuracy: 'exact' },
  { type: 'IsNaN', accuracy: 'exact' },
  {
    type: 'IsInf',
    accuracy: 'exact',
    parse: (source) => ({
      function: 'isinf',
      parameters: [source.int('detect_negative', 1), source.int('detect_positive', 1)],
    }),
  },
];

function defineUnary(line: UnaryLine): AnyOperator {
  const name = line.function ?? line.type.toLowerCase();
  const { gates } = line;
  return defineOperator<UnaryAttributes>({
    type: line.type,
    arity: { inputs: [1, 1], outputs: [1, 1] },
    attributes(source, opset) {
      source.has('consumed_inputs'); // of opset 1, without meaning
      if (line.parse) return line.parse(source, opset);
      const parameters = Object.entries(line.floats ?? {}).map(([attribute, fallback]) =>
        Math.fround(source.float(attribute, fallback)),
      );
      return { function: name, parameters };
    },
    infer: ([x], attributes) => [unaryType(line.type, x as TensorType, attributes)],
    accuracy: line.accuracy,
    traits: {
      layouts: unaryLayouts,
      asEpilogue: ({ attributes, inputs }) =>
        floatFunctions.get(attributes.function)?.fusable && isFloat((inputs[0] as TensorType).type)
          ? {
              kind: 'activation',
              input: 0,
              activation: { name: attributes.function, parameters: attributes.parameters },
            }
          : undefined,
      pointwise: ({ attributes: { function: name, parameters } }) =>
        floatFunctions.has(name) ? { function: name, inputs: [0], parameters } : undefined,
      ...(gates && {
        gates: ({ attributes, inputs }) =>
          isFloat((inputs[0] as TensorType).type) &&
          gates.parameters.every((value, at) => attributes.parameters[at] === value)
            ? gates.op
            : undefined,
      }),
    },
    reference: () => import('./unary-reference.ts').then((module) => module.unaryReference),
    load: kernels.load,
    lower: (io, attributes) => [kernels.get().lowerUnary(io, attributes)],
  });
}

/** Result type, and whether the function takes the type at all. */
function unaryType(operator: string, x: TensorType, attributes: UnaryAttributes): TensorType {
  const float = isFloat(x.type);
  if (float && floatTests.has(attributes.function)) return { ...x, type: 'bool' };
  const rows = float ? floatFunctions : integerFunctions;
  // ONNX's Neg takes no unsigned type, and no kernel has it.
  const isUnsigned = kindOf(x.type) === 'uint' && attributes.function === 'neg';
  if (
    !rows.has(attributes.function) ||
    isUnsigned ||
    (x.type === 'bool') !== (attributes.function === 'not')
  ) {
    throw new WgconvError('unsupported-type', `${operator} takes no ${x.type}`, {
      data: { type: x.type },
    });
  }
  return x;
}

export const unaryOperators: readonly AnyOperator[] = lines.map(defineUnary);
