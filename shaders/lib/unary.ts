/**
 * The tables of unary functions that are no activations; rows as in `activations.ts`. What they
 * compute is in `src/ops/pointwise/unary-definitions.ts` under the same names.
 */

import { activations, type PointwiseFunction } from './activations.ts';

const kept = { parameters: [], nan: 'kept', fusable: false } as const;
const nan = 'vec4<f32>(bitcast<f32>(u.nanBits))';

const rows = [
  { ...kept, name: 'abs', wgsl: 'abs(x)', keepsZero: true },
  { ...kept, name: 'neg', wgsl: '-x', keepsZero: true },
  { ...kept, name: 'ceil', wgsl: 'ceil(x)', keepsZero: true },
  { ...kept, name: 'floor', wgsl: 'floor(x)', keepsZero: true },
  // WGSL's round takes halves to the even integer, as ONNX's does.
  { ...kept, name: 'round', wgsl: 'round(x)', keepsZero: true },
  { ...kept, name: 'sign', wgsl: 'sign(x)', keepsZero: true },
  {
    ...kept,
    name: 'sqrt',
    wgsl: `select(sqrt(x), ${nan}, x < vec4<f32>())`,
    keepsZero: true,
  },
  {
    ...kept,
    name: 'reciprocal',
    wgsl: '1.0 / x',
    keepsZero: false,
  },
  {
    ...kept,
    name: 'exp',
    wgsl: 'exp(x)',
    keepsZero: false,
  },
  {
    ...kept,
    name: 'log',
    wgsl: `select(logOfPositive(x), ${nan}, x < vec4<f32>())`,
    needs: ['logOfPositive'],
    keepsZero: false,
  },
  {
    ...kept,
    name: 'sin',
    wgsl: `select(sinusoid(x, 0u), ${nan}, abs(x) > vec4<f32>(3.4028234e38))`,
    needs: ['sinusoid'],
    keepsZero: true,
  },
  {
    ...kept,
    name: 'cos',
    wgsl: `select(sinusoid(x, 1u), ${nan}, abs(x) > vec4<f32>(3.4028234e38))`,
    needs: ['sinusoid'],
    keepsZero: false,
  },
  {
    ...kept,
    name: 'tan',
    wgsl: `select(sinusoid(x, 0u) / sinusoid(x, 1u), ${nan}, abs(x) > vec4<f32>(3.4028234e38))`,
    needs: ['sinusoid'],
    keepsZero: true,
  },
  {
    // 2 atan(x / (1 + √(1 - x²))): no cancellation near 0.
    ...kept,
    name: 'asin',
    wgsl: `select(2.0 * arctangent(x / (1.0 + sqrt((1.0 - x) * (1.0 + x)))), ${nan}, abs(x) > vec4<f32>(1.0))`,
    needs: ['arctangent'],
    keepsZero: true,
  },
  {
    // 2 atan √((1 - x) / (1 + x)): no cancellation near 1.
    ...kept,
    name: 'acos',
    wgsl: `select(2.0 * arctangent(select(sqrt((1.0 - x) / (1.0 + x)), vec4<f32>(1e30), x == vec4<f32>(-1.0))), ${nan}, abs(x) > vec4<f32>(1.0))`,
    needs: ['arctangent'],
    keepsZero: false,
  },
  {
    ...kept,
    name: 'atan',
    wgsl: 'arctangent(x)',
    needs: ['arctangent'],
    keepsZero: true,
  },
  {
    // (m + m / (m + 1)) / 2 near 0, where m = exp(|x|) - 1.
    ...kept,
    name: 'sinh',
    wgsl: 'select(sign(x) * hyperbolic(abs(x), -1.0), 0.5 * (expm1(x) + expm1(x) / (expm1(x) + 1.0)), abs(x) < vec4<f32>(0.35))',
    needs: ['expm1', 'hyperbolic'],
    keepsZero: true,
  },
  {
    ...kept,
    name: 'cosh',
    wgsl: 'hyperbolic(abs(x), 1.0)',
    needs: ['hyperbolic'],
    keepsZero: false,
  },
  {
    ...kept,
    name: 'asinh',
    wgsl: 'sign(x) * areaSine(abs(x))',
    needs: ['areaSine'],
    keepsZero: true,
  },
  {
    ...kept,
    name: 'acosh',
    wgsl: `select(areaCosine(x), ${nan}, x < vec4<f32>(1.0))`,
    needs: ['areaSine'],
    keepsZero: false,
  },
  {
    // log(1 + 2a / (1 - a)) / 2 with a = |x|.
    ...kept,
    name: 'atanh',
    wgsl: `select(sign(x) * 0.5 * logOnePlus(select(2.0 * abs(x) / (1.0 - abs(x)), vec4<f32>(bitcast<f32>(u.infinityBits)), abs(x) == vec4<f32>(1.0))), ${nan}, abs(x) > vec4<f32>(1.0))`,
    needs: ['areaSine'],
    keepsZero: true,
  },
  {
    ...kept,
    name: 'erf',
    wgsl: 'erfExact(x)',
    needs: ['erfExact'],
    keepsZero: true,
  },
] as const satisfies readonly PointwiseFunction[];

export type UnaryName = (typeof rows)[number]['name'];

/** Every float function of one variable, activations included, by name. */
export const floatFunctions: ReadonlyMap<string, PointwiseFunction> = new Map(
  [...activations, ...rows].map((row) => [row.name, row]),
);

/** A unary function of integers (`i32` and `u32` hold the narrower types; the result is wrapped). */
export interface IntegerFunction {
  readonly name: string;
  readonly i32?: string;
  readonly u32?: string;
}

const integerRows = [
  { name: 'none', i32: 'x', u32: 'x' },
  { name: 'relu', i32: 'max(x, vec4<i32>())', u32: 'x' },
  { name: 'abs', i32: 'abs(x)', u32: 'x' },
  { name: 'neg', i32: '-x' },
  { name: 'sign', i32: 'sign(x)', u32: 'min(x, vec4<u32>(1u))' },
  { name: 'bitwisenot', i32: '~x', u32: '~x' },
  // bool is 0 or 1.
  { name: 'not', u32: 'x ^ vec4<u32>(1u)' },
] as const satisfies readonly IntegerFunction[];

export type IntegerName = (typeof integerRows)[number]['name'];

export const integerFunctions: ReadonlyMap<string, IntegerFunction> = new Map(
  integerRows.map((row) => [row.name, row]),
);

/** Questions about floats, with an answer of type bool: WGSL over the bits `x: vec4<u32>`. */
export interface FloatTest {
  readonly name: string;
  readonly wgsl: string;
}

const testRows = [
  { name: 'isnan', wgsl: '(x & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u)' },
  {
    // Parameters: whether negative and positive infinity count.
    name: 'isinf',
    wgsl: '((x == vec4<u32>(0xff800000u)) & vec4<bool>(u.actAlpha != 0.0)) | ((x == vec4<u32>(0x7f800000u)) & vec4<bool>(u.actBeta != 0.0))',
  },
] as const satisfies readonly FloatTest[];

export type FloatTestName = (typeof testRows)[number]['name'];

export const floatTests: ReadonlyMap<string, FloatTest> = new Map(
  testRows.map((row) => [row.name, row]),
);
