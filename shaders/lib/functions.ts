/**
 * Float functions written out, where WGSL's own are too coarse: tanh is off by hundreds of units
 * in the last place near 0, erf does not exist, exp(x) - 1 and log(1 + x) cancel. The bounds on
 * their errors are in `src/ops/slack.ts`.
 */

import { wgsl } from './preprocessor.ts';

/** A WGSL function over vec4<f32> and the other ones that it calls. */
interface Snippet {
  readonly source: string;
  readonly needs?: readonly FunctionName[];
}

export type FunctionName =
  | 'expm1'
  | 'log1p01'
  | 'logistic'
  | 'tanhExact'
  | 'erfcExact'
  | 'erfExact'
  | 'mish'
  | 'sinusoid'
  | 'arctangent'
  | 'hyperbolic'
  | 'logOfPositive'
  | 'areaSine';

const snippets: Readonly<Record<FunctionName, Snippet>> = {
  // exp(x) - 1: Taylor's polynomial of degree 8 near 0.
  expm1: {
    source: wgsl`
fn expm1(x: vec4<f32>) -> vec4<f32> {
  let p = x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x / 5040.0)))));
  return select(exp(x) - 1.0, x + x * p, abs(x) < vec4<f32>(0.35));
}
`,
  },
  // log(1 + x) for x in [0, 1]: 2 atanh(x / (2 + x)) by its series, the argument is below 1/3.
  log1p01: {
    source: wgsl`
fn log1p01(x: vec4<f32>) -> vec4<f32> {
  let s = x / (x + 2.0);
  let z = s * s;
  let p = z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0 + z * (1.0 / 11.0 + z * (1.0 / 13.0 + z / 15.0))))));
  return 2.0 * (s + s * p);
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
  // Below 1 the polynomial of Cephes (ndtrf.c, Moshier), which keeps relative accuracy near 0.
  erfExact: {
    needs: ['erfcExact'],
    source: wgsl`
fn erfExact(x: vec4<f32>) -> vec4<f32> {
  let z = x * x;
  let p = (((((z * 7.853861353153693e-5 - 8.010193625184903e-4) * z + 5.188327685732524e-3) * z - 2.685381193529856e-2) * z + 1.128358514861418e-1) * z - 3.761262582423300e-1) * z + 1.128379165726710;
  return select(sign(x) * (1.0 - erfcExact(abs(x))), x * p, abs(x) < vec4<f32>(1.0));
}
`,
  },
  mish: {
    source: wgsl`
fn mish(x: vec4<f32>) -> vec4<f32> {
  let n = exp(-abs(x));
  let negative = x < vec4<f32>();
  let top = select(n * 2.0 + 1.0, (n + 2.0) * n, negative);
  return x * (top / (top + select(2.0 * n * n, vec4<f32>(2.0), negative)));
}
`,
  },
  // sin(x + quarters π/2): reduction to [-π/4, π/4] by a π/2 in three parts (Cody and Waite), the
  // polynomials of Cephes (sinf.c, Moshier).
  sinusoid: {
    source: wgsl`
fn sinusoid(x: vec4<f32>, quarters: u32) -> vec4<f32> {
  let k = round(x * 0.63661977);
  let r = ((x - k * 1.5703125) - k * 4.837512969970703e-4) - k * 7.549789948768648e-8;
  let z = r * r;
  let s = r + r * z * ((z * -1.9515295891e-4 + 8.3321608736e-3) * z - 1.6666654611e-1);
  let c = 1.0 - 0.5 * z + z * z * ((z * 2.443315711809948e-5 - 1.388731625493765e-3) * z + 4.166664568298827e-2);
  let quadrant = vec4<u32>(vec4<i32>(k)) + quarters;
  let y = select(s, c, (quadrant & vec4<u32>(1u)) != vec4<u32>());
  return select(y, -y, (quadrant & vec4<u32>(2u)) != vec4<u32>());
}
`,
  },
  // Reduction at tan(π/8) and tan(3π/8), the polynomial of Cephes (atanf.c, Moshier).
  arctangent: {
    source: wgsl`
fn arctangent(x: vec4<f32>) -> vec4<f32> {
  let a = abs(x);
  let middle = a > vec4<f32>(0.41421356);
  let large = a > vec4<f32>(2.4142136);
  let t = select(select(a, (a - 1.0) / (a + 1.0), middle), -1.0 / a, large);
  let base = select(select(vec4<f32>(), vec4<f32>(0.78539816), middle), vec4<f32>(1.5707963), large);
  let z = t * t;
  let p = ((z * 8.05374449538e-2 - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1;
  return sign(x) * (base + (t + t * z * p));
}
`,
  },
  // (exp(a) + side exp(-a)) / 2 for a > 0.35; exp(a - log 2) alone for a so large that it could
  // overflow.
  hyperbolic: {
    source: wgsl`
fn hyperbolic(a: vec4<f32>, side: f32) -> vec4<f32> {
  let e = exp(min(a, vec4<f32>(20.0)));
  return select(0.5 * (e + side / e), exp(a - 0.69314718), a > vec4<f32>(20.0));
}
`,
  },
  // log for arguments from 0: log(0) is -infinity and log(infinity) infinity.
  logOfPositive: {
    source: wgsl`
fn logOfPositive(x: vec4<f32>) -> vec4<f32> {
  let infinity = vec4<f32>(bitcast<f32>(u.infinityBits));
  return select(select(log(x), x, x == infinity), -infinity, x == vec4<f32>());
}
`,
  },
  // log(1 + t) of the argument t of an area function, and log of 1 + t, where t is given as such.
  areaSine: {
    needs: ['log1p01', 'logOfPositive'],
    source: wgsl`
fn logOnePlus(t: vec4<f32>) -> vec4<f32> {
  return select(logOfPositive(t + 1.0), log1p01(min(t, vec4<f32>(1.0))), t < vec4<f32>(1.0));
}
fn areaSine(a: vec4<f32>) -> vec4<f32> {
  let large = a > vec4<f32>(1e9);
  let b = min(a, vec4<f32>(1e9));
  let t = b + b * b / (1.0 + sqrt(b * b + 1.0));
  return select(logOnePlus(t), logOfPositive(a) + 0.69314718, large);
}
fn areaCosine(x: vec4<f32>) -> vec4<f32> {
  let large = x > vec4<f32>(1e9);
  let b = clamp(x, vec4<f32>(1.0), vec4<f32>(1e9)) - 1.0;
  return select(logOnePlus(b + sqrt(b * (b + 2.0))), logOfPositive(x) + 0.69314718, large);
}
`,
  },
};

/** WGSL of the named functions and of those that they call, each once. */
export function functionSource(names: readonly FunctionName[]): string {
  const wanted = new Set<FunctionName>();
  const add = (name: FunctionName): void => {
    snippets[name].needs?.forEach(add);
    wanted.add(name);
  };
  names.forEach(add);
  return [...wanted].map((name) => snippets[name].source).join('');
}
