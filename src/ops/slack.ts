/**
 * Bounds on the absolute errors of WGSL's functions and of those that `functions.ts` and
 * `unary-functions.ts` of `shaders/lib` write out, as they follow from WGSL's accuracy table: addition and multiplication are correctly
 * rounded, division is within 2.5 ulp, exp(x) within 3 + 2|x| ulp. Only references need them.
 */

import { erfc, logistic } from '../core/special.ts';

/** A unit in the last place is at most this share of a float32's value. */
export const ulp = 2 ** -23;
/** Results below this may be flushed to zero. */
export const smallest = 2 ** -126;

/** Absolute error of exp(x) for an exact x. */
export function slackExp(x: number): number {
  return (3 + 2 * Math.abs(x)) * ulp * Math.exp(x) + smallest;
}

export function slackExpm1(x: number): number {
  return Math.abs(x) < 0.35
    ? 2 * ulp * Math.abs(Math.expm1(x)) + smallest
    : slackExp(x) + ulp * Math.abs(Math.expm1(x));
}

/** WGSL's log: 2⁻²¹ absolute between ½ and 2, 3 ulp elsewhere. */
export function slackLog(x: number): number {
  return x > 0.5 && x < 2 ? 2 ** -21 : 3 * ulp * Math.abs(Math.log(x));
}

/** Of log1p01: a division (2.5 ulp) and the rounding of the series. */
export function slackLog1p01(x: number): number {
  return 5 * ulp * Math.log1p(x) + smallest;
}

/** exp's error reaches the result through e / (1 + e); then a sum (½ ulp) and a division. */
export function slackLogistic(x: number): number {
  const y = logistic(x);
  const decay = Math.exp(-Math.abs(x));
  return y * ulp * ((3 + 2 * Math.abs(x)) * (x < 0 ? 1 : decay) + 3.5) + 2 * smallest;
}

export function slackTanh(x: number): number {
  const a = Math.abs(x);
  const y = Math.abs(Math.tanh(x));
  if (a < 0.6) return 2 * ulp * y + smallest;
  // y = (1 - e) / (1 + e): dy = 2 de / (1 + e)², then two sums and a division.
  const e = Math.exp(-2 * a);
  return (2 * slackExp(-2 * a)) / (1 + e) ** 2 + 3.5 * ulp * y;
}

/** Of erfcExact: the fit and its Horner sum are within 4 ulp, a² is rounded, division 2.5 ulp. */
export function slackErfc(x: number): number {
  const a = Math.abs(x);
  const tail = (4 + 2.5 + 1 + 3 + 2.5 * a * a) * ulp * erfc(a) + smallest;
  return x < 0 ? tail + 2 * ulp : tail;
}

export function slackErf(x: number): number {
  const a = Math.abs(x);
  return a < 1 ? 3 * ulp * a : slackErfc(a) + ulp;
}
