/** Elementwise operators of one, two and many inputs, with broadcasting. */

import type { DataType } from '../../../src/core/dtype.ts';
import type { AttributeInput } from '../../support/onnx-writer.ts';
import type { Fill } from '../draft.ts';
import type { Tape } from '../tape.ts';
import { anyTensor, broadcastable, extents, type Family, floatType } from './family.ts';

type Attributes = (tape: Tape) => Readonly<Record<string, AttributeInput | undefined>>;

const slope =
  (name: string, low: number): Attributes =>
  (tape) => ({
    [name]: tape.rarely(2) ? { float: low + tape.int(1, 8) / 8 } : undefined,
  });

interface UnaryLine {
  /** Values that it is defined on and that keep the results in range; anything where left out. */
  readonly fill?: Fill;
  readonly attributes?: Attributes;
}

const unaryLines: Readonly<Record<string, UnaryLine>> = {
  Relu: {},
  LeakyRelu: { attributes: slope('alpha', 0) },
  Elu: { attributes: slope('alpha', 0) },
  Celu: { attributes: slope('alpha', 0) },
  Selu: {},
  ThresholdedRelu: { attributes: slope('alpha', 0) },
  HardSigmoid: { attributes: slope('alpha', 0) },
  HardSwish: {},
  Sigmoid: {},
  Tanh: {},
  Softplus: {},
  Softsign: {},
  Mish: {},
  Gelu: { attributes: (tape) => ({ approximate: tape.choose([undefined, 'tanh']) }) },
  Swish: { attributes: slope('alpha', 0) },
  Shrink: { attributes: slope('lambd', 0) },
  Abs: {},
  Neg: {},
  Ceil: { fill: 'wide' },
  Floor: { fill: 'wide' },
  Round: { fill: 'wide' },
  Sign: {},
  Sqrt: { fill: 'positive' },
  Reciprocal: { fill: 'positive' },
  Exp: { fill: 'unit' },
  Log: { fill: 'positive' },
  Sin: {},
  Cos: {},
  Tan: { fill: 'unit' },
  Asin: { fill: 'unit' },
  Acos: { fill: 'unit' },
  Atan: {},
  Sinh: { fill: 'unit' },
  Cosh: { fill: 'unit' },
  Asinh: {},
  Acosh: { fill: 'positive' },
  Atanh: { fill: 'unit' },
  Erf: {},
  IsNaN: {},
  IsInf: {},
};

export const unary: Family = {
  operators: Object.keys(unaryLines),
  since: {
    ...{ HardSwish: 14, Mish: 18, Gelu: 20, Swish: 24 },
    ...{ Relu: 9, LeakyRelu: 9, Sigmoid: 9, Tanh: 9, Abs: 9, Neg: 9 },
  },
  add(op, draft, tape) {
    const { fill, attributes } = unaryLines[op] ?? {};
    // Celu is defined on float32 alone.
    const type = op === 'Celu' ? 'float32' : floatType(tape);
    const x =
      fill === undefined
        ? anyTensor(draft, tape, { type })
        : draft.input(type, extents(tape, tape.choose([4, 3, 2, 1, 5, 0])), fill);
    // Below 1 an inverse hyperbolic cosine is not defined.
    const [start = x] = op === 'Acosh' ? draft.node('Cosh', [x]) : [x];
    draft.node(op, [start], attributes?.(tape));
  },
};

export const integerUnary: Family = {
  operators: ['Abs', 'Neg', 'Sign', 'Relu', 'BitwiseNot', 'Not'],
  since: { Relu: 14, BitwiseNot: 18 },
  add(op, draft, tape) {
    const type = op === 'Not' ? 'bool' : tape.choose(['int32', 'int8'] as const);
    const fill = op === 'Not' ? ([0, 1] as const) : ([-100, 100] as const);
    draft.node(op, [anyTensor(draft, tape, { type, fill })]);
  },
};

export const binary: Family = {
  operators: ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'PRelu', 'Max', 'Min', 'Mod'],
  since: { Add: 9, Sub: 9, Mul: 9, Div: 9 },
  add(op, draft, tape) {
    const type = ['Add', 'Sub', 'Mul', 'Div'].includes(op) ? floatType(tape) : 'float32';
    const a =
      op === 'Pow'
        ? draft.input(type, extents(tape, tape.choose([4, 3, 2, 1])), 'positive')
        : anyTensor(draft, tape, { type });
    const b =
      op === 'Div' || op === 'Mod'
        ? draft.weight(tape, type, broadcastable(tape, a.dims), 'positive')
        : tape.rarely(2)
          ? draft.pick(
              tape,
              (value) => value.type === type && `${value.dims}` === `${a.dims}`,
              () => draft.weight(tape, type, broadcastable(tape, a.dims)),
            )
          : draft.weight(tape, type, broadcastable(tape, a.dims));
    // The first operand may be the one that is stretched.
    const isSymmetric = ['Add', 'Sub', 'Mul', 'Max', 'Min'].includes(op);
    const operands = isSymmetric && tape.rarely(3) ? [b, a] : [a, b];
    draft.node(op, operands, op === 'Mod' ? { fmod: 1 } : {});
  },
};

const integerTypes: readonly DataType[] = ['int32', 'uint32', 'uint8', 'int8', 'int64', 'int16'];

export const integerBinary: Family = {
  operators: [
    ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Mod', 'Pow'],
    ...['BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'],
  ],
  since: { BitwiseAnd: 18, BitwiseOr: 18, BitwiseXor: 18 },
  add(op, draft, tape) {
    const isShift = op === 'BitShift';
    const few = op === 'Pow' || (op.length === 3 && draft.opset < 14);
    const type = isShift
      ? tape.choose(['uint32', 'uint8'] as const)
      : tape.choose(few ? (['int32', 'int64'] as const) : integerTypes);
    const isSigned = type.startsWith('i');
    const range: Fill = op === 'Pow' ? [0, 5] : [isSigned ? -100 : 0, 100];
    const a = anyTensor(draft, tape, { type, fill: range });
    const other: Fill = isShift
      ? [0, 7]
      : op === 'Div' || op === 'Mod'
        ? [1, 9]
        : op === 'Pow'
          ? [0, 3]
          : range;
    const b = draft.weight(tape, type, broadcastable(tape, a.dims), other);
    const start = op === 'Pow' ? draft.input(type, a.dims, range) : a;
    draft.node(op, [start, b], {
      direction: isShift ? tape.choose(['LEFT', 'RIGHT']) : undefined,
      fmod: op === 'Mod' && tape.rarely(2) ? 1 : undefined,
    });
  },
};

export const comparison: Family = {
  operators: ['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual'],
  since: { LessOrEqual: 16, GreaterOrEqual: 16 },
  add(op, draft, tape) {
    const type = tape.choose(['float32', 'int32', 'int64'] as const);
    const a =
      type === 'float32' && op !== 'Equal'
        ? anyTensor(draft, tape)
        : draft.input(type, extents(tape, tape.int(0, 4)), [-2, 2]);
    const fill: Fill = type === 'float32' && op !== 'Equal' ? 'unit' : [-2, 2];
    draft.node(op, [a, draft.weight(tape, type, broadcastable(tape, a.dims), fill)]);
  },
};

export const logic: Family = {
  operators: ['And', 'Or', 'Xor'],
  add(op, draft, tape) {
    const a = anyTensor(draft, tape, { type: 'bool', fill: [0, 1] });
    draft.node(op, [a, draft.weight(tape, 'bool', broadcastable(tape, a.dims), [0, 1])]);
  },
};

export const variadic: Family = {
  operators: ['Max', 'Min', 'Sum', 'Mean'],
  add(op, draft, tape) {
    const a = anyTensor(draft, tape);
    const rest = Array.from({ length: tape.int(0, 3) }, () =>
      draft.weight(tape, 'float32', broadcastable(tape, a.dims)),
    );
    draft.node(op, tape.shuffled([a, ...rest]));
  },
};

export const choice: Family = {
  operators: ['Where', 'Clip'],
  add(op, draft, tape) {
    if (op === 'Clip') {
      const x = anyTensor(draft, tape);
      const low = tape.rarely(3) ? undefined : draft.scalar(-tape.int(0, 8) / 8, 'float32');
      const high = tape.rarely(3) ? undefined : draft.scalar(tape.int(0, 8) / 8, 'float32');
      draft.node(op, [x, low, high]);
      return;
    }
    const condition = anyTensor(draft, tape, { type: 'bool', fill: [0, 1] });
    const type = tape.choose(['float32', 'int32', 'int64', 'uint8'] as const);
    const fill: Fill = type === 'float32' ? 'unit' : [0, 50];
    const a = draft.input(type, broadcastable(tape, condition.dims), fill);
    const b = draft.weight(tape, type, broadcastable(tape, condition.dims), fill);
    draft.node(op, [condition, a, b]);
  },
};

const castTypes: readonly DataType[] = [
  'float32',
  'int32',
  'uint8',
  'bool',
  'int64',
  'int8',
  'float16',
];

export const casts: Family = {
  operators: ['Cast'],
  add(op, draft, tape) {
    const from = tape.choose(castTypes);
    const to = tape.choose(castTypes);
    // What does not fit into the type is not defined.
    const fill: Fill = from === 'bool' ? [0, 1] : from.startsWith('float') ? [0, 100] : [0, 100];
    const numbers: Partial<Record<DataType, number>> = {
      ...{ float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 },
    };
    const x = draft.input(from, extents(tape, tape.int(0, 4)), fill);
    draft.node(op, [x], { to: numbers[to] });
  },
};
