/**
 * The table of activations. One row makes the fused epilogue of every kernel, the pointwise
 * operator, its reference and its test.
 */

import { erfc, logistic } from '../../src/core/special.ts';
import {
  type FunctionName,
  functionSource,
  slackErfc,
  slackExpm1,
  slackLog1p01,
  slackLogistic,
  slackTanh,
  smallest,
  ulp,
} from './functions.ts';

/** A float function of one variable and up to two parameters. */
export interface PointwiseFunction {
  readonly name: string;
  /** What the parameters mean, in the order of `u.actAlpha` and `u.actBeta`. */
  readonly parameters: readonly string[];
  /** WGSL expression over `x: vec4<f32>`; parameters are `u.actAlpha` and `u.actBeta`. */
  readonly wgsl: string;
  /** Functions of `functions.ts` that the expression calls. */
  readonly needs?: readonly FunctionName[];
  /** The definition, in float64. */
  readonly compute: (x: number, alpha: number, beta: number) => number;
  /** Bound of the slope: everywhere, or at x (of the continuous pieces, where f jumps). */
  readonly lipschitz: (alpha: number, beta: number, x: number) => number;
  /** Bound of the absolute error for an exact x, by WGSL's accuracy table; absent: exact. */
  readonly slack?: (x: number, alpha: number, beta: number) => number;
  /** NaN stays NaN (tested by its bits), or gives what the expression gives. */
  readonly nan: 'kept' | 'computed';
  /** Kernels have variants with this activation in their epilogue. */
  readonly fusable: boolean;
}

const one = (): number => 1;

const rows = [
  {
    name: 'none',
    parameters: [],
    wgsl: 'x',
    compute: (x) => x,
    lipschitz: one,
    nan: 'computed',
    fusable: true,
  },
  {
    name: 'relu',
    parameters: [],
    wgsl: 'max(x, vec4<f32>())',
    compute: (x) => Math.max(x, 0),
    lipschitz: one,
    nan: 'kept',
    fusable: true,
  },
  {
    // Where min exceeds max the result is max (ONNX, Clip-13).
    name: 'clip',
    parameters: ['min', 'max'],
    wgsl: 'min(max(x, vec4<f32>(u.actAlpha)), vec4<f32>(u.actBeta))',
    compute: (x, min, max) => Math.min(Math.max(x, min), max),
    lipschitz: one,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'leakyrelu',
    parameters: ['alpha'],
    wgsl: 'select(x, x * u.actAlpha, x < vec4<f32>())',
    compute: (x, alpha) => (x < 0 ? alpha * x : x),
    lipschitz: (alpha) => Math.max(1, Math.abs(alpha)),
    slack: (x, alpha) => (x < 0 ? Math.abs(alpha * x) * ulp + smallest : 0),
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'sigmoid',
    parameters: [],
    wgsl: 'logistic(x)',
    needs: ['logistic'],
    compute: logistic,
    lipschitz: () => 0.25,
    slack: slackLogistic,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'tanh',
    parameters: [],
    wgsl: 'tanhExact(x)',
    needs: ['tanhExact'],
    compute: (x) => Math.tanh(x),
    lipschitz: one,
    slack: slackTanh,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'hardsigmoid',
    parameters: ['alpha', 'beta'],
    wgsl: 'clamp(x * u.actAlpha + u.actBeta, vec4<f32>(), vec4<f32>(1.0))',
    compute: (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta)),
    lipschitz: (alpha) => Math.abs(alpha),
    // A rounded product and a rounded sum; errors outside [0, 1] are clamped away.
    slack: (x, alpha, beta) => Math.min(Math.abs(alpha * x), 1 + Math.abs(beta)) * ulp + ulp,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'hardswish',
    parameters: [],
    wgsl: 'x * clamp(x * 0.16666667 + 0.5, vec4<f32>(), vec4<f32>(1.0))',
    compute: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
    lipschitz: () => 1.5,
    slack: (x) => (Math.abs(x) < 3.001 ? Math.abs(x) * 2 * ulp + smallest : 0),
    nan: 'kept',
    fusable: true,
  },
  {
    // Swish-24; SiLU where alpha is 1.
    name: 'swish',
    parameters: ['alpha'],
    wgsl: 'x * logistic(x * u.actAlpha)',
    needs: ['logistic'],
    compute: (x, alpha) => x * logistic(alpha * x),
    lipschitz: () => 1.1,
    slack: (x, alpha) => slackProductWithLogistic(x, alpha * x, 1),
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'elu',
    parameters: ['alpha'],
    wgsl: 'select(x, u.actAlpha * expm1(x), x < vec4<f32>())',
    needs: ['expm1'],
    compute: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
    lipschitz: (alpha) => Math.max(1, Math.abs(alpha)),
    slack: (x, alpha) => (x < 0 ? scaled(alpha, Math.expm1(x), slackExpm1(x)) : 0),
    nan: 'kept',
    fusable: true,
  },
  {
    // x Φ(x); erfc keeps the digits of large negative x.
    name: 'gelu',
    parameters: [],
    wgsl: '0.5 * x * erfcExact(x * -0.70710678)',
    needs: ['erfcExact'],
    compute: (x) => 0.5 * x * erfc(-x * Math.SQRT1_2),
    lipschitz: () => 1.13,
    // The rounding of x/√2 moves erfc by its derivative, 2/√π exp(-x²/2).
    slack: (x) =>
      0.5 * Math.abs(x) * (slackErfc(-x * Math.SQRT1_2) + gaussianShift(x)) +
      ulp * Math.abs(0.5 * x * erfc(-x * Math.SQRT1_2)) +
      smallest,
    nan: 'kept',
    fusable: true,
  },
  {
    // 0.5 x (1 + tanh(√(2/π)(x + 0.044715 x³))), and 0.5 (1 + tanh z) is logistic(2z).
    name: 'gelutanh',
    parameters: [],
    wgsl: 'x * logistic((x * x * 0.071354814 + 1.5957691) * x)',
    needs: ['logistic'],
    compute: (x) => x * logistic(geluArgument(x)),
    lipschitz: () => 1.13,
    slack: (x) => slackProductWithLogistic(x, geluArgument(x), 4),
    nan: 'kept',
    fusable: false,
  },
  {
    name: 'selu',
    parameters: ['alpha', 'gamma'],
    wgsl: 'u.actBeta * select(x, u.actAlpha * expm1(x), x < vec4<f32>())',
    needs: ['expm1'],
    compute: (x, alpha, gamma) => gamma * (x < 0 ? alpha * Math.expm1(x) : x),
    lipschitz: (alpha, gamma) => Math.abs(gamma) * Math.max(1, Math.abs(alpha)),
    slack: (x, alpha, gamma) =>
      x < 0
        ? scaled(alpha * gamma, Math.expm1(x), slackExpm1(x)) * (1 + ulp)
        : Math.abs(gamma * x) * ulp + smallest,
    nan: 'kept',
    fusable: false,
  },
  {
    name: 'celu',
    parameters: ['alpha'],
    wgsl: 'max(x, vec4<f32>()) + min(u.actAlpha * expm1(x / vec4<f32>(u.actAlpha)), vec4<f32>())',
    needs: ['expm1'],
    compute: (x, alpha) => Math.max(x, 0) + Math.min(0, alpha * Math.expm1(x / alpha)),
    lipschitz: one,
    // The division's error (2.5 ulp of x / α) moves exp by its own value.
    slack: (x, alpha) => {
      const scaledX = x / alpha;
      if (scaledX > 0) return 0;
      const moved = slackExpm1(scaledX) + Math.abs(scaledX) * 2.5 * ulp * Math.exp(scaledX);
      return scaled(alpha, Math.expm1(scaledX), moved);
    },
    nan: 'kept',
    fusable: false,
  },
  {
    // A comparison with NaN is false, which gives 0 (ONNX's function body).
    name: 'thresholdedrelu',
    parameters: ['alpha'],
    wgsl: 'select(vec4<f32>(), x, x > vec4<f32>(u.actAlpha))',
    compute: (x, alpha) => (x > alpha ? x : 0),
    lipschitz: one,
    nan: 'computed',
    fusable: false,
  },
  {
    name: 'shrink',
    parameters: ['lambd', 'bias'],
    wgsl: 'select(select(vec4<f32>(), x - u.actBeta, x > vec4<f32>(u.actAlpha)), x + u.actBeta, x < vec4<f32>(-u.actAlpha))',
    compute: (x, lambd, bias) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0),
    lipschitz: one,
    slack: (x, _, bias) => (Math.abs(x) + Math.abs(bias)) * ulp,
    nan: 'computed',
    fusable: false,
  },
  {
    // log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))
    name: 'softplus',
    parameters: [],
    wgsl: 'max(x, vec4<f32>()) + log1p01(exp(-abs(x)))',
    needs: ['log1p01'],
    compute: softplus,
    lipschitz: one,
    slack: (x) => {
      const decay = Math.exp(-Math.abs(x));
      return (
        slackLog1p01(decay) + (3 + 2 * Math.abs(x)) * ulp * decay + ulp * softplus(x) + smallest
      );
    },
    nan: 'kept',
    fusable: false,
  },
  {
    name: 'softsign',
    parameters: [],
    wgsl: 'x / (abs(x) + 1.0)',
    compute: (x) => x / (1 + Math.abs(x)),
    lipschitz: one,
    slack: (x) => (3.5 * ulp * Math.abs(x)) / (1 + Math.abs(x)) + smallest,
    nan: 'kept',
    fusable: false,
  },
  {
    // x tanh(log(1 + exp x)) as a quotient in n = exp(-|x|): no cancellation, no overflow.
    name: 'mish',
    parameters: [],
    wgsl: 'mish(x)',
    needs: ['mish'],
    compute: (x) => x * Math.tanh(softplus(x)),
    lipschitz: () => 1.09,
    slack: (x) => {
      const y = Math.abs(x * Math.tanh(softplus(x)));
      const decay = x < 0 ? 1 : Math.exp(-x);
      return y * ulp * ((3 + 2 * Math.abs(x)) * decay + 7) + smallest * (1 + Math.abs(x));
    },
    nan: 'kept',
    fusable: false,
  },
] as const satisfies readonly PointwiseFunction[];

export type ActivationName = (typeof rows)[number]['name'];

/** All rows. */
export const activations: readonly PointwiseFunction[] = rows;

const byName = new Map(activations.map((row) => [row.name, row]));

/** A row by its name; throws where there is none. */
export function activationRow(name: string): PointwiseFunction {
  const row = byName.get(name);
  if (!row) throw new TypeError(`there is no activation "${name}"`);
  return row;
}

/** Names that kernels have epilogue variants for, 'none' first. */
export const fusableActivations: readonly string[] = activations
  .filter((row) => row.fusable)
  .map((row) => row.name);

/**
 * WGSL of a row as `fn name(x: vec4<f32>) -> vec4<f32>`, self-contained but for the uniforms
 * `u.actAlpha` and `u.actBeta`.
 */
export function functionOf(row: PointwiseFunction, name: string): string {
  const isNan = '(bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u)';
  const result = row.nan === 'kept' ? `select(${row.wgsl}, x, ${isNan})` : row.wgsl;
  return `${functionSource(row.needs ?? [])}
fn ${name}(x: vec4<f32>) -> vec4<f32> {
  return ${result};
}
`;
}

/**
 * WGSL `fn activation(x: vec4<f32>) -> vec4<f32>` of a row. The kernel declares the uniforms
 * `actAlpha: 'f32'` and `actBeta: 'f32'`; see `activationUniforms` for their values.
 */
export function activationSource(name: string): string {
  return functionOf(activationRow(name), 'activation');
}

/** Values of the two uniforms for a fused activation's parameters. */
export function activationUniforms(parameters: readonly number[] = []): {
  actAlpha: number;
  actBeta: number;
} {
  return { actAlpha: parameters[0] ?? 0, actBeta: parameters[1] ?? 0 };
}

/** Bound of the absolute error of a row for an exact x; 0 where the row is exact. */
export function slackOf(row: PointwiseFunction, x: number, alpha: number, beta: number): number {
  // At infinity the bounds hold as limits; a large finite x stands for them.
  return row.slack?.(Math.max(-3e38, Math.min(3e38, x)), alpha, beta) ?? 0;
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 2 √(2/π) (x + 0.044715 x³) */
function geluArgument(x: number): number {
  return 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
}

/** Error of erfc(-x/√2) from an argument that is off by one ulp. */
function gaussianShift(x: number): number {
  return (2 / Math.sqrt(Math.PI)) * Math.exp((-x * x) / 2) * Math.abs(x) * Math.SQRT1_2 * ulp;
}

/** Error of factor · value: the value's own, and the product's rounding. */
function scaled(factor: number, value: number, slack: number): number {
  return Math.abs(factor) * slack + Math.abs(factor * value) * ulp + smallest;
}

/** Error of x · logistic(z), where z carries `roundings` half-ulps of its own. */
function slackProductWithLogistic(x: number, z: number, roundings: number): number {
  const y = logistic(z);
  const moved = 1.1 * y * (1 - y) * Math.abs(z) * (roundings + 1) * ulp;
  return Math.abs(x) * (slackLogistic(z) + moved) + Math.abs(x * y) * ulp + smallest;
}
