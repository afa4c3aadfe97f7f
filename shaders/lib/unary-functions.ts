/**
 * Float functions written out that no fused activation calls, beside those of `functions.ts`: erf
 * does not exist in WGSL, its sin and log are too coarse, log(1 + x) cancels. A page loads them
 * with the pointwise kernels.
 */

import {
  epilogueFunctions,
  type FunctionTable,
  type Snippet,
  type UnaryFunctionName,
} from './functions.ts';
import { wgsl } from './preprocessor.ts';

const unaryFunctions: Readonly<Record<UnaryFunctionName, Snippet>> = {
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

/** All functions that rows of the tables call. */
export const allFunctions: FunctionTable = { ...epilogueFunctions, ...unaryFunctions };
