/** The table of unary functions that are no activations; rows as in `activations.ts`. */

import { roundToEven } from '../../src/core/dtype.ts';
import { erf } from '../../src/core/special.ts';
import { activations, type PointwiseFunction } from './activations.ts';
import { slackErf, slackExp, slackLog, smallest, ulp } from './functions.ts';

const one = (): number => 1;
const kept = { parameters: [], nan: 'kept', fusable: false } as const;
const nan = 'vec4<f32>(bitcast<f32>(u.nanBits))';

/** Absolute error of the written-out sine: the polynomial's, and what is left of k π/2. */
const slackSine = (x: number): number =>
  Math.abs(x) < 65536 ? 2 * ulp + Math.abs(x) * 2 ** -38 : 2;

/** Error of log(1 + t) with t = f(x) off by a few ulp. */
const slackArea = (value: number, x: number): number =>
  Math.abs(value) < 0.65
    ? 9 * ulp * Math.abs(value) + smallest
    : slackLog(1 + Math.abs(x)) + 6 * ulp * (1 + Math.abs(value));

const rows = [
  { ...kept, name: 'abs', wgsl: 'abs(x)', compute: Math.abs, lipschitz: one },
  { ...kept, name: 'neg', wgsl: '-x', compute: (x) => -x, lipschitz: one },
  // The next four jump; between the jumps they are flat or exact.
  { ...kept, name: 'ceil', wgsl: 'ceil(x)', compute: Math.ceil, lipschitz: one },
  { ...kept, name: 'floor', wgsl: 'floor(x)', compute: Math.floor, lipschitz: one },
  // WGSL's round takes halves to the even integer, as ONNX's does.
  { ...kept, name: 'round', wgsl: 'round(x)', compute: roundToEven, lipschitz: one },
  { ...kept, name: 'sign', wgsl: 'sign(x)', compute: Math.sign, lipschitz: one },
  {
    ...kept,
    name: 'sqrt',
    wgsl: `select(sqrt(x), ${nan}, x < vec4<f32>())`,
    compute: Math.sqrt,
    lipschitz: (_alpha, _beta, x) => 0.5 / Math.sqrt(x),
    // 1 / inverseSqrt(x): 2 and 2.5 ulp.
    slack: (x) => (x > 0 ? 5 * ulp * Math.sqrt(x) : 0),
  },
  {
    ...kept,
    name: 'reciprocal',
    wgsl: '1.0 / x',
    compute: (x) => 1 / x,
    lipschitz: (_alpha, _beta, x) => 1 / (x * x),
    slack: (x) => (2.5 * ulp) / Math.abs(x) + smallest,
  },
  {
    ...kept,
    name: 'exp',
    wgsl: 'exp(x)',
    compute: Math.exp,
    lipschitz: (_alpha, _beta, x) => Math.exp(x),
    slack: (x) => (x > 89 ? 0 : slackExp(x)),
  },
  {
    ...kept,
    name: 'log',
    wgsl: `select(logOfPositive(x), ${nan}, x < vec4<f32>())`,
    needs: ['logOfPositive'],
    compute: Math.log,
    lipschitz: (_alpha, _beta, x) => 1 / x,
    slack: (x) => (x > 0 ? slackLog(x) : 0),
  },
  {
    ...kept,
    name: 'sin',
    wgsl: `select(sinusoid(x, 0u), ${nan}, abs(x) > vec4<f32>(3.4028234e38))`,
    needs: ['sinusoid'],
    compute: Math.sin,
    lipschitz: one,
    slack: slackSine,
  },
  {
    ...kept,
    name: 'cos',
    wgsl: `select(sinusoid(x, 1u), ${nan}, abs(x) > vec4<f32>(3.4028234e38))`,
    needs: ['sinusoid'],
    compute: Math.cos,
    lipschitz: one,
    slack: slackSine,
  },
  {
    ...kept,
    name: 'tan',
    wgsl: `select(sinusoid(x, 0u) / sinusoid(x, 1u), ${nan}, abs(x) > vec4<f32>(3.4028234e38))`,
    needs: ['sinusoid'],
    compute: Math.tan,
    lipschitz: (_alpha, _beta, x) => 1 + Math.tan(x) ** 2,
    // sin / cos: both errors over cos², and the division's.
    slack: (x) => 2 * slackSine(x) * (1 + Math.tan(x) ** 2) + 2.5 * ulp * Math.abs(Math.tan(x)),
  },
  {
    // 2 atan(x / (1 + √(1 - x²))): no cancellation near 0.
    ...kept,
    name: 'asin',
    wgsl: `select(2.0 * arctangent(x / (1.0 + sqrt((1.0 - x) * (1.0 + x)))), ${nan}, abs(x) > vec4<f32>(1.0))`,
    needs: ['arctangent'],
    compute: Math.asin,
    lipschitz: (_alpha, _beta, x) => 1 / Math.sqrt(1 - x * x),
    slack: (x) => 10 * ulp * Math.abs(Math.asin(x)) + smallest,
  },
  {
    // 2 atan √((1 - x) / (1 + x)): no cancellation near 1.
    ...kept,
    name: 'acos',
    wgsl: `select(2.0 * arctangent(select(sqrt((1.0 - x) / (1.0 + x)), vec4<f32>(1e30), x == vec4<f32>(-1.0))), ${nan}, abs(x) > vec4<f32>(1.0))`,
    needs: ['arctangent'],
    compute: Math.acos,
    lipschitz: (_alpha, _beta, x) => 1 / Math.sqrt(1 - x * x),
    slack: (x) => 10 * ulp * Math.abs(Math.acos(x)) + smallest,
  },
  {
    ...kept,
    name: 'atan',
    wgsl: 'arctangent(x)',
    needs: ['arctangent'],
    compute: Math.atan,
    lipschitz: one,
    slack: (x) => 4 * ulp * Math.abs(Math.atan(x)) + smallest,
  },
  {
    // (m + m / (m + 1)) / 2 near 0, where m = exp(|x|) - 1.
    ...kept,
    name: 'sinh',
    wgsl: 'select(sign(x) * hyperbolic(abs(x), -1.0), 0.5 * (expm1(x) + expm1(x) / (expm1(x) + 1.0)), abs(x) < vec4<f32>(0.35))',
    needs: ['expm1', 'hyperbolic'],
    compute: Math.sinh,
    lipschitz: (_alpha, _beta, x) => Math.cosh(x),
    slack: (x) =>
      Math.abs(x) < 0.35
        ? 6 * ulp * Math.abs(Math.sinh(x)) + smallest
        : slackHyperbolic(Math.abs(x)),
  },
  {
    ...kept,
    name: 'cosh',
    wgsl: 'hyperbolic(abs(x), 1.0)',
    needs: ['hyperbolic'],
    compute: Math.cosh,
    lipschitz: (_alpha, _beta, x) => Math.abs(Math.sinh(x)),
    slack: (x) => slackHyperbolic(Math.abs(x)),
  },
  {
    ...kept,
    name: 'asinh',
    wgsl: 'sign(x) * areaSine(abs(x))',
    needs: ['areaSine'],
    compute: Math.asinh,
    lipschitz: one,
    slack: (x) => slackArea(Math.asinh(x), x),
  },
  {
    ...kept,
    name: 'acosh',
    wgsl: `select(areaCosine(x), ${nan}, x < vec4<f32>(1.0))`,
    needs: ['areaSine'],
    compute: Math.acosh,
    lipschitz: (_alpha, _beta, x) => 1 / Math.sqrt(x * x - 1),
    slack: (x) => (x > 1 ? slackArea(Math.acosh(x), x) : 0),
  },
  {
    // log(1 + 2a / (1 - a)) / 2 with a = |x|.
    ...kept,
    name: 'atanh',
    wgsl: `select(sign(x) * 0.5 * logOnePlus(select(2.0 * abs(x) / (1.0 - abs(x)), vec4<f32>(bitcast<f32>(u.infinityBits)), abs(x) == vec4<f32>(1.0))), ${nan}, abs(x) > vec4<f32>(1.0))`,
    needs: ['areaSine'],
    compute: Math.atanh,
    lipschitz: (_alpha, _beta, x) => 1 / (1 - x * x),
    slack: (x) => slackArea(Math.atanh(x), (2 * Math.abs(x)) / (1 - Math.abs(x))),
  },
  {
    ...kept,
    name: 'erf',
    wgsl: 'erfExact(x)',
    needs: ['erfExact'],
    compute: erf,
    lipschitz: () => 1.13,
    slack: slackErf,
  },
] as const satisfies readonly PointwiseFunction[];

function slackHyperbolic(a: number): number {
  // exp's error, the shift of its argument by log 2 (½ ulp of a), sum and division.
  return 0.5 * slackExp(a) + (a + 6) * ulp * Math.cosh(a);
}

/** Every float function of one variable, activations included, by name. */
export const floatFunctions: ReadonlyMap<string, PointwiseFunction> = new Map(
  [...activations, ...rows].map((row) => [row.name, row]),
);

/** A unary function of integers (`i32` and `u32` hold the narrower types; the result is wrapped). */
export interface IntegerFunction {
  readonly name: string;
  readonly i32?: string;
  readonly u32?: string;
  /** The definition, for types of up to 32 bits. */
  readonly compute: (x: number) => number;
  /** The same for int64 and uint64. */
  readonly big: (x: bigint) => bigint;
}

const integerRows: readonly IntegerFunction[] = [
  { name: 'none', i32: 'x', u32: 'x', compute: (x) => x, big: (x) => x },
  {
    name: 'relu',
    i32: 'max(x, vec4<i32>())',
    u32: 'x',
    compute: (x) => Math.max(x, 0),
    big: (x) => (x > 0n ? x : 0n),
  },
  { name: 'abs', i32: 'abs(x)', u32: 'x', compute: Math.abs, big: (x) => (x < 0n ? -x : x) },
  { name: 'neg', i32: '-x', compute: (x) => -x, big: (x) => -x },
  {
    name: 'sign',
    i32: 'sign(x)',
    u32: 'min(x, vec4<u32>(1u))',
    compute: Math.sign,
    big: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
  },
  { name: 'bitwisenot', i32: '~x', u32: '~x', compute: (x) => ~x, big: (x) => ~x },
  // bool is 0 or 1.
  { name: 'not', u32: 'x ^ vec4<u32>(1u)', compute: (x) => 1 - x, big: (x) => x },
];

export const integerFunctions: ReadonlyMap<string, IntegerFunction> = new Map(
  integerRows.map((row) => [row.name, row]),
);

/** Questions about floats, with an answer of type bool: WGSL over the bits `x: vec4<u32>`. */
export interface FloatTest {
  readonly name: string;
  readonly wgsl: string;
  readonly compute: (x: number, alpha: number, beta: number) => boolean;
}

const testRows: readonly FloatTest[] = [
  {
    name: 'isnan',
    wgsl: '(x & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u)',
    compute: Number.isNaN,
  },
  {
    // Parameters: whether negative and positive infinity count.
    name: 'isinf',
    wgsl: '((x == vec4<u32>(0xff800000u)) & vec4<bool>(u.actAlpha != 0.0)) | ((x == vec4<u32>(0x7f800000u)) & vec4<bool>(u.actBeta != 0.0))',
    compute: (x, negative, positive) =>
      (x === Number.NEGATIVE_INFINITY && negative !== 0) ||
      (x === Number.POSITIVE_INFINITY && positive !== 0),
  },
];

export const floatTests: ReadonlyMap<string, FloatTest> = new Map(
  testRows.map((row) => [row.name, row]),
);
