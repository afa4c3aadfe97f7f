/** Pointwise cases for the GPU, made from the operators' own tables. */

import { fusableActivations } from '../../../shaders/lib/activations.ts';
import { type DataType, kindOf } from '../../../src/core/dtype.ts';
import { binaryOperators } from '../../../src/ops/pointwise/binary.ts';
import { unaryOperators } from '../../../src/ops/pointwise/unary.ts';
import { variadicOperators } from '../../../src/ops/pointwise/variadic.ts';
import type { OperatorCase } from '../operator-case.ts';
import { integers, tensorOf, uniform } from '../random.ts';
import type { NamedCase } from './pool.ts';

const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

/** Five channels: C4 then has lanes to keep at zero. */
const image = [2, 5, 3, 4];

/** Where the specials lie in a function's domain they must come out as the definition says. */
const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e-4,
  -1e-4,
  20,
  -20,
  nan,
  infinity,
  -infinity,
];

const float = (value: number) => ({ kind: 'float', value }) as const;

/** Attributes that are not the defaults. */
const attributes: Readonly<Record<string, NonNullable<OperatorCase['attributes']>>> = {
  LeakyRelu: { alpha: float(0.3) },
  Elu: { alpha: float(1.5) },
  Celu: { alpha: float(1.75) },
  Selu: { alpha: float(1.5), gamma: float(1.25) },
  ThresholdedRelu: { alpha: float(0.75) },
  HardSigmoid: { alpha: float(0.3), beta: float(0.25) },
  Swish: { alpha: float(1.5) },
  Shrink: { lambd: float(0.75), bias: float(0.25) },
  Gelu: { approximate: 'tanh' },
  IsInf: { detect_positive: 0 },
};

const unaryCases = unaryOperators.flatMap(({ type: op }): NamedCase[] => {
  if (op === 'Not') {
    return [{ name: 'Not', op, inputs: [integers([3, 5], 1, { low: 0, high: 1, type: 'bool' })] }];
  }
  if (op === 'BitwiseNot') {
    return (['int8', 'uint8', 'int32', 'uint16'] as const).map((type) => ({
      ...{ name: `${op} of ${type}`, op, inputs: [integers([7], 2, { low: 0, high: 99, type })] },
    }));
  }
  const own = attributes[op];
  const cases: NamedCase[] = [
    { name: `${op} of an image`, op, inputs: [uniform(image, 3, { scale: 6 })] },
    { name: `${op} of special values`, op, inputs: [tensorOf([specials.length], specials)] },
    {
      name: `${op} of float16`,
      op,
      inputs: [uniform([1, 3, 3, 3], 4, { scale: 3, type: 'float16' })],
    },
  ];
  if (own) {
    cases.push({
      name: `${op} by its attributes`,
      op,
      attributes: own,
      inputs: [uniform(image, 5, { scale: 6 })],
    });
  }
  if (['Abs', 'Neg', 'Sign', 'Relu'].includes(op)) {
    for (const type of ['int8', 'int16', 'int32'] as const) {
      const low = type === 'int8' ? -128 : -30000;
      const inputs = [integers([37], 6, { low, high: -low - 1, type })];
      cases.push({ name: `${op} of ${type}`, op, inputs });
    }
  }
  return cases;
});

/** Shapes of two operands: equal, one value, rows, columns, per channel, both broadcast. */
const shapePairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [image, image],
  [image, []],
  [[1], image],
  [image, [5, 1, 1]],
  [image, [1, 5, 1, 1]],
  [[2, 5, 1, 1], image],
  [image, [2, 1, 3, 4]],
  [image, [3, 4]],
  [image, [4]],
  [
    [2, 1, 3, 1],
    [1, 5, 1, 4],
  ],
  [[1, 5, 3, 3], [3]],
  [[7], [7]],
  [[6, 1], [5]],
  [
    [2, 1, 3, 1, 2, 1],
    [1, 2, 1, 3, 1, 5],
  ],
  [
    [2, 1, 4, 4],
    [2, 1, 1, 4],
  ],
  [
    [3, 5, 1, 1],
    [5, 1, 1],
  ],
];

/** Numbers for the right operand of an operator. */
function operand(op: string, dims: readonly number[], type: DataType, seed: number) {
  const kind = kindOf(type);
  if (kind === 'bool') return integers(dims, seed, { low: 0, high: 1, type });
  if (op === 'BitShift') return integers(dims, seed, { low: 0, high: 40, type });
  if (op === 'Pow' && kind !== 'float') return integers(dims, seed, { low: 0, high: 5, type });
  if (kind === 'uint') return integers(dims, seed, { low: 0, high: 255, type });
  if (kind === 'int') return integers(dims, seed, { low: -128, high: 127, type });
  return uniform(dims, seed, { scale: 4, type });
}

const takes: Readonly<Record<string, readonly DataType[]>> = {
  And: ['bool'],
  Or: ['bool'],
  Xor: ['bool'],
  BitwiseAnd: ['int8', 'uint16', 'int32'],
  BitwiseOr: ['int8', 'uint16', 'int32'],
  BitwiseXor: ['int8', 'uint16', 'int32'],
  BitShift: ['uint8', 'uint16', 'uint32'],
  Equal: ['float32', 'int8', 'uint32', 'bool'],
};

const numbers: readonly DataType[] = [
  'float32',
  'float16',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
];

const binaryCases = binaryOperators.flatMap(({ type: op }): NamedCase[] => {
  const types = takes[op] ?? numbers;
  return types.flatMap((type, index) => {
    const own = {
      ...(op === 'BitShift' && { direction: index % 2 ? 'LEFT' : 'RIGHT' }),
      ...(op === 'Mod' && { fmod: kindOf(type) === 'float' ? 1 : index % 2 }),
    };
    // One type goes through all shapes, the others through a few.
    const pairs =
      index === 0 && ['Add', 'Pow', 'Equal', 'And'].includes(op)
        ? shapePairs
        : [shapePairs[0], shapePairs[7], shapePairs[9], shapePairs[11]];
    return pairs.flatMap((pair): NamedCase[] =>
      pair
        ? [
            {
              name: `${op} of ${type} [${pair[0]}] [${pair[1]}]`,
              op,
              attributes: own,
              inputs: [
                operand(op === 'Pow' ? 'base' : op, pair[0], type, 7),
                operand(op, pair[1], type, 8),
              ],
            },
          ]
        : [],
    );
  });
});

const variadicCases = variadicOperators.flatMap(({ type: op }): NamedCase[] => {
  const types: readonly DataType[] =
    op === 'Max' || op === 'Min'
      ? ['float32', 'float16', 'int8', 'uint32']
      : ['float32', 'float16'];
  return types.flatMap((type) =>
    [
      [image],
      [image, image],
      [image, image, image],
      [image, [5, 1, 1], [4], [2, 5, 3, 4], [1]],
    ].map(
      (shapes): NamedCase => ({
        name: `${op} of ${shapes.length} ${type}`,
        op,
        inputs: shapes.map((dims, index) => operand(op, dims, type, 20 + index)),
      }),
    ),
  );
});

const pairOf = (
  name: string,
  op: string,
  a: readonly number[],
  b: readonly number[],
): NamedCase => ({
  name,
  op,
  inputs: [tensorOf([a.length], a), tensorOf([b.length], b)],
});

const specialCases: readonly NamedCase[] = [
  pairOf('Max keeps NaN', 'Max', [nan, 1, nan, 3, -0, infinity], [1, nan, nan, 2, 0, nan]),
  pairOf('Min keeps NaN', 'Min', [nan, 1, nan, 3, -0, -infinity], [1, nan, nan, 2, 0, nan]),
  pairOf(
    'Pow of special values',
    'Pow',
    [
      0,
      0,
      0,
      -0,
      1,
      1,
      nan,
      nan,
      -2,
      -2,
      -2,
      -8,
      infinity,
      infinity,
      -infinity,
      -infinity,
      -1,
      -1,
      2,
      0.5,
      3,
      -3,
      1e-20,
      300,
      -1.01,
      1.5,
    ],
    [
      0,
      2,
      -1,
      -3,
      nan,
      infinity,
      0,
      1,
      3,
      -3,
      0.5,
      1 / 3,
      2,
      -1,
      3,
      2,
      infinity,
      -infinity,
      infinity,
      infinity,
      40,
      7,
      2,
      0.5,
      301,
      -20,
    ],
  ),
  ...['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual'].map((op) =>
    pairOf(
      `${op} with NaN is false`,
      op,
      [nan, 1, nan, 1, 1, 2, infinity, 0],
      [nan, nan, 1, 1, 2, 1, infinity, -0],
    ),
  ),
  {
    name: 'Mod of floats',
    op: 'Mod',
    attributes: { fmod: 1 },
    inputs: [
      tensorOf([10], [5.5, -5.5, 5.5, -5.5, 7, infinity, 3, 0.3, 1e6, nan]),
      tensorOf([10], [2, 2, -2, -2, 0, 3, infinity, 0.1, 7, 1]),
    ],
  },
  ...[0, 1].map(
    (fmod): NamedCase => ({
      name: `Mod of integers, fmod ${fmod}`,
      op: 'Mod',
      attributes: { fmod },
      inputs: [
        tensorOf([8], [-4, 7, 5, 4, -7, 8, 0, 3], 'int32'),
        tensorOf([8], [2, -3, 8, -2, 3, 5, 5, 0], 'int32'),
      ],
    }),
  ),
  {
    name: 'Div of integers truncates and wraps',
    op: 'Div',
    inputs: [
      tensorOf([6], [-7, 7, -7, 7, -128, 5], 'int8'),
      tensorOf([6], [2, -2, -2, 2, -1, 0], 'int8'),
    ],
  },
  {
    name: 'Div of the least int32',
    op: 'Div',
    inputs: [tensorOf([2], [-2147483648, 9], 'int32'), tensorOf([2], [-1, 4], 'int32')],
  },
  {
    name: 'Mul of int32 wraps',
    op: 'Mul',
    inputs: [
      tensorOf([3], [123456789, -2147483648, 65537], 'int32'),
      tensorOf([3], [987654321, -1, 65537], 'int32'),
    ],
  },
  {
    name: 'Mul of uint32 wraps',
    op: 'Mul',
    inputs: [
      tensorOf([2], [4294967295, 65537], 'uint32'),
      tensorOf([2], [4294967295, 65537], 'uint32'),
    ],
  },
  {
    name: 'Pow of int32 to float32',
    op: 'Pow',
    inputs: [
      tensorOf([6], [2, 3, -2, 4, 9, 10], 'int32'),
      tensorOf([6], [10, 2, 3, 0.75, 0.75, -1]),
    ],
  },
  {
    name: 'Pow of int32 to int32',
    op: 'Pow',
    inputs: [
      tensorOf([8], [2, 3, -2, -1, -1, 1, 5, 7], 'int32'),
      tensorOf([8], [31, 4, 3, -3, -2, -1, -1, 20], 'int32'),
    ],
  },
  {
    name: 'Pow of uint32 to int32',
    op: 'Pow',
    inputs: [tensorOf([3], [2, 3, 1], 'uint32'), tensorOf([3], [31, 4, -1], 'int32')],
  },
  {
    name: 'Pow of float32 to int32',
    op: 'Pow',
    inputs: [
      tensorOf([6], [2, -3, 0.5, -1.5, 0, 10], 'float32'),
      tensorOf([6], [10, 3, -2, 2, 0, -5], 'int32'),
    ],
  },
  {
    name: 'Pow of float16 to float32',
    op: 'Pow',
    inputs: [tensorOf([4], [2, 3, 0.5, 1.5], 'float16'), tensorOf([4], [1.5, 2, -1.25, 0])],
  },
  // Before opset 7 the second operand is aligned at an axis.
  {
    name: 'Add at axis 1',
    op: 'Add',
    opset: 6,
    attributes: { broadcast: 1, axis: 1 },
    inputs: [uniform(image, 30), uniform([5], 31)],
  },
  {
    name: 'Mul at axis 0',
    op: 'Mul',
    opset: 6,
    attributes: { broadcast: 1, axis: 0 },
    inputs: [uniform(image, 32), uniform([2, 5], 33)],
  },
  {
    name: 'PRelu by channel',
    op: 'PRelu',
    opset: 6,
    inputs: [uniform(image, 34), uniform([5], 35)],
  },
  // The slope of one channel must not reach into the unused lanes.
  {
    name: 'PRelu [C,1,1]',
    op: 'PRelu',
    inputs: [uniform(image, 36), uniform([5, 1, 1], 37)],
    constants: [1],
  },
  {
    name: 'Add of a constant by channel',
    op: 'Add',
    inputs: [uniform(image, 38), uniform([5, 1, 1], 39)],
    constants: [1],
  },
  { name: 'no elements', op: 'Add', inputs: [uniform([0, 3], 1), uniform([3], 2)] },
  { name: 'Relu of no elements', op: 'Relu', inputs: [uniform([0, 4, 2, 2], 1)] },
];

const clip = (
  name: string,
  type: DataType,
  bounds: readonly (number | undefined)[],
  constants: readonly number[],
): NamedCase => ({
  name: `Clip ${name}`,
  op: 'Clip',
  inputs: [
    kindOf(type) === 'float'
      ? uniform([1, 3, 4, 5], 40, { scale: 3, type })
      : integers([1, 3, 4, 5], 40, { low: kindOf(type) === 'int' ? -100 : 0, high: 100, type }),
    ...bounds.map((bound) => (bound === undefined ? undefined : tensorOf([], [bound], type))),
  ],
  constants,
});

const clipCases: readonly NamedCase[] = [
  clip('by known bounds', 'float32', [-1, 1.5], [1, 2]),
  clip('above zero', 'float32', [0.5, 2], [1, 2]),
  clip('by crossed bounds', 'float32', [2, 1], [1, 2]),
  clip('by bounds that are fed', 'float32', [-1, 1.5], []),
  clip('by a fed lower bound', 'float32', [0.5], []),
  clip('by a known lower bound', 'float32', [0.5], [1]),
  clip('by an upper bound', 'float16', [undefined, 1], [2]),
  clip('of int8', 'int8', [-20, 50], [1, 2]),
  clip('of uint32', 'uint32', [undefined, 50], [2]),
  clip('of int32 without bounds', 'int32', [], []),
  {
    name: 'Clip-6',
    op: 'Clip',
    opset: 6,
    attributes: { min: float(-1), max: float(0.5) },
    inputs: [tensorOf([6], [-2, 0, 1, nan, infinity, -infinity])],
  },
];

const fusedCases: readonly NamedCase[] = ['Add', 'Mul', 'Div', 'Sub', 'Sum'].flatMap((op) =>
  (op === 'Add' ? fusableActivations.filter((name) => name !== 'none') : ['sigmoid', 'relu']).map(
    (name): NamedCase => {
      const activation = operatorOfActivation(name);
      return {
        name: `${op} with ${name}`,
        op,
        inputs: [
          uniform(image, 50, { scale: 3 }),
          uniform(op === 'Sum' ? image : [5, 1, 1], 51, { scale: 3 }),
        ],
        activation: {
          op: activation,
          ...(activation === 'Clip' && { inputs: [tensorOf([], [0.25]), tensorOf([], [2])] }),
        },
      };
    },
  ),
);

/** The ONNX operator of a row. */
function operatorOfActivation(name: string): string {
  return name === 'clip'
    ? 'Clip'
    : (unaryOperators.find(({ type }) => type.toLowerCase() === name)?.type ?? name);
}

const condition = (dims: readonly number[]) =>
  integers(dims, 60, { low: 0, high: 1, type: 'bool' });

const whereCases: readonly NamedCase[] = [
  ...(['float32', 'float16', 'int8', 'uint32', 'bool'] as const).map(
    (type): NamedCase => ({
      name: `Where of ${type}`,
      op: 'Where',
      inputs: [
        condition([3, 5]),
        operand('Where', [3, 5], type, 61),
        operand('Where', [3, 5], type, 62),
      ],
    }),
  ),
  {
    name: 'Where, broadcast',
    op: 'Where',
    inputs: [condition([3, 1]), uniform([2, 3, 5], 63), uniform([1], 64)],
  },
  {
    name: 'Where, broadcast by fours',
    op: 'Where',
    inputs: [condition([8]), uniform([2, 1, 8], 65), uniform([3, 1], 66)],
  },
];

/** What adapters differ in: NaN, infinity, overflow, signs. */
export const pointwiseSpecialCases: readonly NamedCase[] = [
  ...unaryCases.filter(({ name }) => name.endsWith('special values')),
  ...clipCases,
  ...specialCases,
];

export const pointwiseCases: readonly NamedCase[] = [
  ...unaryCases,
  ...clipCases,
  ...binaryCases,
  ...variadicCases,
  ...specialCases,
  ...fusedCases,
  ...whereCases,
];
