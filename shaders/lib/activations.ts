/**
 * The table of activations. One row makes the fused epilogue of every kernel and the pointwise
 * operator. What each of them computes and how far WGSL may be off, which only references need, is
 * in `src/ops/pointwise/activation-definitions.ts` under the same names.
 */

import { type FunctionName, type FunctionTable, functionSource } from './functions.ts';

/** A float function of one variable and up to two parameters. */
export interface PointwiseFunction {
  readonly name: string;
  /** What the parameters mean, in the order of `u.actAlpha` and `u.actBeta`. */
  readonly parameters: readonly string[];
  /** WGSL expression over `x: vec4<f32>`; parameters are `u.actAlpha` and `u.actBeta`. */
  readonly wgsl: string;
  /** Functions of `functions.ts`, or where it is not fusable of `unary-functions.ts`, that the expression calls. */
  readonly needs?: readonly FunctionName[];
  /** f(0) is 0 whatever the parameters, so that unused lanes need no mask. */
  readonly keepsZero: boolean;
  /** NaN stays NaN (tested by its bits), or gives what the expression gives. */
  readonly nan: 'kept' | 'computed';
  /** Kernels have variants with this activation in their epilogue. */
  readonly fusable: boolean;
}

const rows = [
  {
    name: 'none',
    parameters: [],
    wgsl: 'x',
    keepsZero: true,
    nan: 'computed',
    fusable: true,
  },
  {
    name: 'relu',
    parameters: [],
    wgsl: 'max(x, vec4<f32>())',
    keepsZero: true,
    nan: 'kept',
    fusable: true,
  },
  {
    // Where min exceeds max the result is max (ONNX, Clip-13).
    name: 'clip',
    parameters: ['min', 'max'],
    wgsl: 'min(max(x, vec4<f32>(u.actAlpha)), vec4<f32>(u.actBeta))',
    keepsZero: false,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'leakyrelu',
    parameters: ['alpha'],
    wgsl: 'select(x, x * u.actAlpha, x < vec4<f32>())',
    keepsZero: true,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'sigmoid',
    parameters: [],
    wgsl: 'logistic(x)',
    needs: ['logistic'],
    keepsZero: false,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'tanh',
    parameters: [],
    wgsl: 'tanhExact(x)',
    needs: ['tanhExact'],
    keepsZero: true,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'hardsigmoid',
    parameters: ['alpha', 'beta'],
    wgsl: 'clamp(x * u.actAlpha + u.actBeta, vec4<f32>(), vec4<f32>(1.0))',
    keepsZero: false,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'hardswish',
    parameters: [],
    wgsl: 'x * clamp(x * 0.16666667 + 0.5, vec4<f32>(), vec4<f32>(1.0))',
    keepsZero: true,
    nan: 'kept',
    fusable: true,
  },
  {
    // Swish-24; SiLU where alpha is 1.
    name: 'swish',
    parameters: ['alpha'],
    wgsl: 'x * logistic(x * u.actAlpha)',
    needs: ['logistic'],
    keepsZero: true,
    nan: 'kept',
    fusable: true,
  },
  {
    name: 'elu',
    parameters: ['alpha'],
    wgsl: 'select(x, u.actAlpha * expm1(x), x < vec4<f32>())',
    needs: ['expm1'],
    keepsZero: true,
    nan: 'kept',
    fusable: true,
  },
  {
    // x Φ(x); erfc keeps the digits of large negative x.
    name: 'gelu',
    parameters: [],
    wgsl: '0.5 * x * erfcExact(x * -0.70710678)',
    needs: ['erfcExact'],
    keepsZero: true,
    nan: 'kept',
    fusable: true,
  },
  {
    // 0.5 x (1 + tanh(√(2/π)(x + 0.044715 x³))), and 0.5 (1 + tanh z) is logistic(2z).
    name: 'gelutanh',
    parameters: [],
    wgsl: 'x * logistic((x * x * 0.071354814 + 1.5957691) * x)',
    needs: ['logistic'],
    keepsZero: true,
    nan: 'kept',
    fusable: false,
  },
  {
    name: 'selu',
    parameters: ['alpha', 'gamma'],
    wgsl: 'u.actBeta * select(x, u.actAlpha * expm1(x), x < vec4<f32>())',
    needs: ['expm1'],
    keepsZero: true,
    nan: 'kept',
    fusable: false,
  },
  {
    name: 'celu',
    parameters: ['alpha'],
    wgsl: 'max(x, vec4<f32>()) + min(u.actAlpha * expm1(x / vec4<f32>(u.actAlpha)), vec4<f32>())',
    needs: ['expm1'],
    keepsZero: false,
    nan: 'kept',
    fusable: false,
  },
  {
    // A comparison with NaN is false, which gives 0 (ONNX's function body).
    name: 'thresholdedrelu',
    parameters: ['alpha'],
    wgsl: 'select(vec4<f32>(), x, x > vec4<f32>(u.actAlpha))',
    keepsZero: true,
    nan: 'computed',
    fusable: false,
  },
  {
    name: 'shrink',
    parameters: ['lambd', 'bias'],
    wgsl: 'select(select(vec4<f32>(), x - u.actBeta, x > vec4<f32>(u.actAlpha)), x + u.actBeta, x < vec4<f32>(-u.actAlpha))',
    keepsZero: false,
    nan: 'computed',
    fusable: false,
  },
  {
    // log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))
    name: 'softplus',
    parameters: [],
    wgsl: 'max(x, vec4<f32>()) + log1p01(exp(-abs(x)))',
    needs: ['log1p01'],
    keepsZero: false,
    nan: 'kept',
    fusable: false,
  },
  {
    name: 'softsign',
    parameters: [],
    wgsl: 'x / (abs(x) + 1.0)',
    keepsZero: true,
    nan: 'kept',
    fusable: false,
  },
  {
    // x tanh(log(1 + exp x)) as a quotient in n = exp(-|x|): no cancellation, no overflow.
    name: 'mish',
    parameters: [],
    wgsl: 'mish(x)',
    needs: ['mish'],
    keepsZero: true,
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
 * `u.actAlpha` and `u.actBeta`. `table` has the functions that it calls.
 */
export function functionOf(row: PointwiseFunction, name: string, table?: FunctionTable): string {
  return `${functionSource(row.needs ?? [], table)}${functionBody(row, name)}`;
}

/** The same without the functions that it calls. */
export function functionBody(row: PointwiseFunction, name: string): string {
  const isNan = '(bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u)';
  const result = row.nan === 'kept' ? `select(${row.wgsl}, x, ${isNan})` : row.wgsl;
  return `
fn ${name}(x: vec4<f32>) -> vec4<f32> {
  return ${result};
}
`;
}

/**
 * WGSL `fn activation(x: vec4<f32>) -> vec4<f32>` of a fusable row. The kernel declares the uniforms
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
