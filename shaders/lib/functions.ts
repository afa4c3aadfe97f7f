/**
 * Float functions written out, where WGSL's own are too coarse: tanh is off by hundreds of units
 * in the last place near 0, exp(x) - 1 cancels. Here are those that fused activations call, which
 * every kernel with an epilogue brings along; `unary-functions.ts` has the others. The bounds on
 * their errors are in `src/ops/slack.ts`.
 */

import { wgsl } from './preprocessor.ts';

/** A WGSL function over vec4<f32> and the other ones that it calls. */
export interface Snippet {
  readonly source: string;
  readonly needs?: readonly FunctionName[];
}

type EpilogueFunctionName = 'expm1' | 'logistic' | 'tanhExact' | 'erfcExact';

/** Those of `unary-functions.ts`. */
export type UnaryFunctionName =
  | 'log1p01'
  | 'erfExact'
  | 'mish'
  | 'sinusoid'
  | 'arctangent'
  | 'hyperbolic'
  | 'logOfPositive'
  | 'areaSine';

export type FunctionName = EpilogueFunctionName | UnaryFunctionName;

export const epilogueFunctions: Readonly<Record<EpilogueFunctionName, Snippet>> = {
  // exp(x) - 1: Taylor's polynomial of degree 8 near 0.
  expm1: {
    source: wgsl`
fn expm1(x: vec4<f32>) -> vec4<f32> {
  let p = x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x / 5040.0)))));
  return select(exp(x) - 1.0, x + x * p, abs(x) < vec4<f32>(0.35));
}
`,
  },
  // 1 / (1 + exp(-x)) without overflow.
  logistic: {
    source: wgsl`
fn logistic(x: vec4<f32>) -> vec4<f32> {
  let e = exp(-abs(x));
  return select(vec4<f32>(1.0), e, x < vec4<f32>()) / (e + 1.0);
}
`,
  },
  // Near 0 the polynomial of Cephes (tanhf.c, Moshier), elsewhere (1 - e) / (1 + e).
  tanhExact: {
    source: wgsl`
fn tanhExact(x: vec4<f32>) -> vec4<f32> {
  let a = abs(x);
  let e = exp(a * -2.0);
  let z = x * x;
  let p = (((z * -5.70498872745e-3 + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z - 3.33332819422e-1;
  return select(sign(x) * (1.0 - e) / (1.0 + e), x + x * z * p, a < vec4<f32>(0.625));
}
`,
  },
  // exp(-a²) t P(t) with t = 1 / (1 + 0.4 a); P is a minimax fit, 6.6e-8 relative on [0, 10.5].
  erfcExact: {
    source: wgsl`
fn erfcExact(x: vec4<f32>) -> vec4<f32> {
  let a = min(abs(x), vec4<f32>(12.0));
  let t = 1.0 / (a * 0.4 + 1.0);
  let p = (((((((t * 0.04211818054318428 - 0.14455032348632812) * t + 0.09278163313865662) * t + 0.0778452605009079) * t + 0.08678608387708664) * t + 0.19038309156894684) * t + 0.20266124606132507) * t + 0.22633427381515503) * t + 0.22564063966274261;
  let y = exp(-a * a) * t * p;
  return select(y, 2.0 - y, x < vec4<f32>());
}
`,
  },
};

/** Functions by their names. */
export type FunctionTable = Readonly<Partial<Record<FunctionName, Snippet>>>;

/** WGSL of the named functions of a table and of those that they call, each once. */
export function functionSource(
  names: readonly FunctionName[],
  table: FunctionTable = epilogueFunctions,
): string {
  const sources = new Map<FunctionName, string>();
  const add = (name: FunctionName): void => {
    const snippet = table[name];
    if (!snippet) throw new TypeError(`an epilogue has no function "${name}"`);
    snippet.needs?.forEach(add);
    sources.set(name, snippet.source);
  };
  names.forEach(add);
  return [...sources.values()].join('');
}
