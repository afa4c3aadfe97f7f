/**
 * What the unary functions of `shaders/lib/unary.ts` compute, name by name, and how far their WGSL
 * may be off. Only references need this.
 */

import type { FloatTestName, IntegerName, UnaryName } from '../../../shaders/lib/unary.ts';
import { roundToEven } from '../../core/dtype.ts';
import { erf } from '../../core/special.ts';
import { slackErf, slackExp, slackLog, smallest, ulp } from '../slack.ts';
import { activationDefinitions, type FunctionDefinition } from './activation-definitions.ts';

const one = (): number => 1;

/** Absolute error of the written-out sine: the polynomial's, and what is left of k π/2. */
const slackSine = (x: number): number =>
  Math.abs(x) < 65536 ? 2 * ulp + Math.abs(x) * 2 ** -38 : 2;

/** Error of log(1 + t) with t = f(x) off by a few ulp. */
const slackArea = (value: number, x: number): number =>
  Math.abs(value) < 0.65
    ? 9 * ulp * Math.abs(value) + smallest
    : slackLog(1 + Math.abs(x)) + 6 * ulp * (1 + Math.abs(value));

const unaryDefinitions: Readonly<Record<UnaryName, FunctionDefinition>> = {
  abs: { compute: Math.abs, lipschitz: one },
  neg: { compute: (x) => -x, lipschitz: one },
  // The next four jump; between the jumps they are flat or exact.
  ceil: { compute: Math.ceil, lipschitz: one },
  floor: { compute: Math.floor, lipschitz: one },
  round: { compute: roundToEven, lipschitz: one },
  sign: { compute: Math.sign, lipschitz: one },
  sqrt: {
    compute: Math.sqrt,
    lipschitz: (_alpha, _beta, x) => 0.5 / Math.sqrt(x),
    // 1 / inverseSqrt(x): 2 and 2.5 ulp.
    slack: (x) => (x > 0 ? 5 * ulp * Math.sqrt(x) : 0),
  },
  reciprocal: {
    compute: (x) => 1 / x,
    lipschitz: (_alpha, _beta, x) => 1 / (x * x),
    slack: (x) => (2.5 * ulp) / Math.abs(x) + smallest,
  },
  exp: {
    compute: Math.exp,
    lipschitz: (_alpha, _beta, x) => Math.exp(x),
    slack: (x) => (x > 89 ? 0 : slackExp(x)),
  },
  log: {
    compute: Math.log,
    lipschitz: (_alpha, _beta, x) => 1 / x,
    slack: (x) => (x > 0 ? slackLog(x) : 0),
  },
  sin: {
    compute: Math.sin,
    lipschitz: one,
    slack: slackSine,
  },
  cos: {
    compute: Math.cos,
    lipschitz: one,
    slack: slackSine,
  },
  tan: {
    compute: Math.tan,
    lipschitz: (_alpha, _beta, x) => 1 + Math.tan(x) ** 2,
    // sin / cos: both errors over cos², and the division's.
    slack: (x) => 2 * slackSine(x) * (1 + Math.tan(x) ** 2) + 2.5 * ulp * Math.abs(Math.tan(x)),
  },
  asin: {
    compute: Math.asin,
    lipschitz: (_alpha, _beta, x) => 1 / Math.sqrt(1 - x * x),
    slack: (x) => 10 * ulp * Math.abs(Math.asin(x)) + smallest,
  },
  acos: {
    compute: Math.acos,
    lipschitz: (_alpha, _beta, x) => 1 / Math.sqrt(1 - x * x),
    slack: (x) => 10 * ulp * Math.abs(Math.acos(x)) + smallest,
  },
  atan: {
    compute: Math.atan,
    lipschitz: one,
    slack: (x) => 4 * ulp * Math.abs(Math.atan(x)) + smallest,
  },
  sinh: {
    compute: Math.sinh,
    lipschitz: (_alpha, _beta, x) => Math.cosh(x),
    slack: (x) =>
      Math.abs(x) < 0.35
        ? 6 * ulp * Math.abs(Math.sinh(x)) + smallest
        : slackHyperbolic(Math.abs(x)),
  },
  cosh: {
    compute: Math.cosh,
    lipschitz: (_alpha, _beta, x) => Math.abs(Math.sinh(x)),
    slack: (x) => slackHyperbolic(Math.abs(x)),
  },
  asinh: {
    compute: Math.asinh,
    lipschitz: one,
    slack: (x) => slackArea(Math.asinh(x), x),
  },
  acosh: {
    compute: Math.acosh,
    lipschitz: (_alpha, _beta, x) => 1 / Math.sqrt(x * x - 1),
    slack: (x) => (x > 1 ? slackArea(Math.acosh(x), x) : 0),
  },
  atanh: {
    compute: Math.atanh,
    lipschitz: (_alpha, _beta, x) => 1 / (1 - x * x),
    slack: (x) => slackArea(Math.atanh(x), (2 * Math.abs(x)) / (1 - Math.abs(x))),
  },
  erf: {
    compute: erf,
    lipschitz: () => 1.13,
    slack: slackErf,
  },
};

function slackHyperbolic(a: number): number {
  // exp's error, the shift of its argument by log 2 (½ ulp of a), sum and division.
  return 0.5 * slackExp(a) + (a + 6) * ulp * Math.cosh(a);
}

/** Every float function of one variable, activations included. */
export const floatDefinitions: ReadonlyMap<string, FunctionDefinition> = new Map(
  Object.entries({ ...activationDefinitions, ...unaryDefinitions }),
);

/** The definition of a unary function of integers. */
export interface IntegerDefinition {
  /** For types of up to 32 bits. */
  readonly compute: (x: number) => number;
  /** The same for int64 and uint64. */
  readonly big: (x: bigint) => bigint;
}

const integers: Readonly<Record<IntegerName, IntegerDefinition>> = {
  none: { compute: (x) => x, big: (x) => x },
  relu: { compute: (x) => Math.max(x, 0), big: (x) => (x > 0n ? x : 0n) },
  abs: { compute: Math.abs, big: (x) => (x < 0n ? -x : x) },
  neg: { compute: (x) => -x, big: (x) => -x },
  sign: { compute: Math.sign, big: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n) },
  bitwisenot: { compute: (x) => ~x, big: (x) => ~x },
  // bool is 0 or 1.
  not: { compute: (x) => 1 - x, big: (x) => x },
};

export const integerDefinitions: ReadonlyMap<string, IntegerDefinition> = new Map(
  Object.entries(integers),
);

/** The answer to a question about a float. */
export type TestDefinition = (x: number, alpha: number, beta: number) => boolean;

const tests: Readonly<Record<FloatTestName, TestDefinition>> = {
  isnan: Number.isNaN,
  // Parameters: whether negative and positive infinity count.
  isinf: (x, negative, positive) =>
    (x === Number.NEGATIVE_INFINITY && negative !== 0) ||
    (x === Number.POSITIVE_INFINITY && positive !== 0),
};

export const testDefinitions: ReadonlyMap<string, TestDefinition> = new Map(Object.entries(tests));
