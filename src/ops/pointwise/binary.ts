/**
 * Operators of two inputs, elementwise with broadcasting: from each line of the table come
 * attributes, inference, traits, reference and lowering. The functions are in `shaders/lib`.
 */

import { binaryFunctions } from '../../../shaders/lib/binary.ts';
import { isFloat, kindOf } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import type { TensorType } from '../../core/shape.ts';
import {
  type Accuracy,
  type AnyOperator,
  type AttributeReader,
  defineOperator,
} from '../operator.ts';
import type { BinaryAttributes } from './attributes.ts';
import { channelAffine, operandLayouts, residualStep } from './binary-traits.ts';
import { operandDims, parseBroadcasting, resultDims } from './broadcasting.ts';
import { kernels } from './kernels.ts';

interface BinaryLine {
  readonly type: string;
  readonly function: string;
  /** Of float results; integers and bools are exact, but for powers with a fraction. */
  readonly accuracy: Accuracy;
  /** What the operator takes, beside numbers of one type. */
  readonly takes: 'floats and integers' | 'integers' | 'unsigned' | 'bool' | 'anything';
  readonly parse?: (source: AttributeReader, opset: number) => BinaryAttributes;
}

const line = (
  type: string,
  name: string,
  accuracy: Accuracy,
  takes: BinaryLine['takes'] = 'floats and integers',
): BinaryLine => ({ type, function: name, accuracy, takes });

const lines: readonly BinaryLine[] = [
  line('Add', 'add', 'sum'),
  line('Sub', 'sub', 'sum'),
  line('Mul', 'mul', 'sum'),
  line('Div', 'div', 'sum'),
  line('Pow', 'pow', 'function'),
  {
    ...line('Mod', 'mod', 'discrete'),
    parse: (source) => ({ function: source.int('fmod', 0) === 0 ? 'mod' : 'fmod' }),
  },
  {
    ...line('PRelu', 'prelu', 'function'),
    parse(source, opset) {
      source.has('consumed_inputs');
      // Before opset 7 the slope holds one value, or one for each channel.
      return { function: 'prelu', axis: opset < 7 ? 1 : undefined };
    },
  },
  line('And', 'and', 'exact', 'bool'),
  line('Or', 'or', 'exact', 'bool'),
  line('Xor', 'xor', 'exact', 'bool'),
  line('Equal', 'equal', 'exact', 'anything'),
  line('Less', 'less', 'exact'),
  line('Greater', 'greater', 'exact'),
  line('LessOrEqual', 'lessorequal', 'exact'),
  line('GreaterOrEqual', 'greaterorequal', 'exact'),
  line('BitwiseAnd', 'and', 'exact', 'integers'),
  line('BitwiseOr', 'or', 'exact', 'integers'),
  line('BitwiseXor', 'xor', 'exact', 'integers'),
  {
    ...line('BitShift', '', 'exact', 'unsigned'),
    parse(source) {
      const direction = source.string('direction');
      if (direction !== 'LEFT' && direction !== 'RIGHT') {
        source.fail(`direction is "LEFT" or "RIGHT", not "${direction}"`);
      }
      return { function: direction === 'LEFT' ? 'shiftleft' : 'shiftright' };
    },
  },
];

function defineBinary({ type, function: name, accuracy, takes, parse }: BinaryLine): AnyOperator {
  const row = binaryFunctions.get(name);
  return defineOperator<BinaryAttributes>({
    type,
    arity: { inputs: [2, 2], outputs: [1, 1] },
    attributes: (source, opset) =>
      parse ? parse(source, opset) : { function: name, ...parseBroadcasting(source, opset) },
    infer([a, b], attributes) {
      const operands = [a as TensorType, b as TensorType];
      checkTypes(type, takes, attributes.function, operands);
      const dims = resultDims(operands, attributes);
      return [{ type: row?.result === 'bool' ? 'bool' : (a as TensorType).type, dims }];
    },
    accuracy: (_, outputs) => {
      const [output] = outputs;
      if (output && isFloat(output.type)) return accuracy;
      return type === 'Pow' ? 'discrete' : 'exact';
    },
    traits: {
      layouts: ({ attributes, inputs, outputs }) => {
        const operands = inputs as TensorType[];
        const aligned = operands.map((_, index) => operandDims(operands, index, attributes));
        return operandLayouts(operands, aligned, outputs[0] as TensorType);
      },
      ...(row?.epilogue && { epilogue: ['activation'] as const }),
      pointwise: ({ attributes }) =>
        row?.f32 && !row.result && attributes.axis === undefined
          ? { function: attributes.function, inputs: [0, 1] }
          : undefined,
      ...(type === 'Add' && { asEpilogue: residualStep }),
      ...(type === 'Mul' && { multiplies: true }),
      ...(row?.epilogue && { affine: channelAffine }),
    },
    reference: () => import('./binary-reference.ts').then((module) => module.binaryReference),
    load: kernels.load,
    lower: (io, attributes) => kernels.get().lowerChain(io, attributes.function, attributes),
  });
}

function checkTypes(
  operator: string,
  takes: BinaryLine['takes'],
  name: string,
  operands: readonly TensorType[],
): void {
  const [a, b] = operands.map(({ type }) => type);
  if (!a || !b) return;
  const kind = kindOf(a);
  const taken = {
    'floats and integers': kind !== 'bool' && (name !== 'mod' || kind !== 'float'),
    integers: kind === 'int' || kind === 'uint',
    unsigned: kind === 'uint',
    bool: kind === 'bool',
    anything: true,
  }[takes];
  if (!taken) {
    const hint = name === 'mod' ? ' without fmod = 1' : '';
    throw new WgconvError('unsupported-type', `${operator} takes no ${a}${hint}`, {
      data: { type: a },
    });
  }
  if (a !== b && operator !== 'Pow') {
    throw new WgconvError(
      'invalid-model',
      `${operator} takes two inputs of one type, not ${a} and ${b}`,
      {
        data: { types: [a, b] },
      },
    );
  }
}

export const binaryOperators: readonly AnyOperator[] = lines.map(defineBinary);
