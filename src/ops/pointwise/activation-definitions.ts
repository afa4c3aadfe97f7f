/**
 * What the activations of `shaders/lib/activations.ts` compute, name by name, and how far their
 * WGSL may be off. Only references need this.
 */

import type { ActivationName } from '../../../shaders/lib/activations.ts';
import { erfc, logistic } from '../../core/special.ts';
import {
  slackErfc,
  slackExpm1,
  slackLog1p01,
  slackLogistic,
  slackTanh,
  smallest,
  ulp,
} from '../slack.ts';

/** The definition of a float function of one variable and up to two parameters. */
export interface FunctionDefinition {
  /** In float64. */
  readonly compute: (x: number, alpha: number, beta: number) => number;
  /** Bound of the slope: everywhere, or at x (of the continuous pieces, where f jumps). */
  readonly lipschitz: (alpha: number, beta: number, x: number) => number;
  /** Bound of the absolute error for an exact x, by WGSL's accuracy table; absent: exact. */
  readonly slack?: (x: number, alpha: number, beta: number) => number;
}

const one = (): number => 1;

export const activationDefinitions: Readonly<Record<ActivationName, FunctionDefinition>> = {
  none: {
    compute: (x) => x,
    lipschitz: one,
  },
  relu: {
    compute: (x) => Math.max(x, 0),
    lipschitz: one,
  },
  clip: {
    compute: (x, min, max) => Math.min(Math.max(x, min), max),
    lipschitz: one,
  },
  leakyrelu: {
    compute: (x, alpha) => (x < 0 ? alpha * x : x),
    lipschitz: (alpha) => Math.max(1, Math.abs(alpha)),
    slack: (x, alpha) => (x < 0 ? Math.abs(alpha * x) * ulp + smallest : 0),
  },
  sigmoid: {
    compute: logistic,
    lipschitz: () => 0.25,
    slack: slackLogistic,
  },
  tanh: {
    compute: (x) => Math.tanh(x),
    lipschitz: one,
    slack: slackTanh,
  },
  hardsigmoid: {
    compute: (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta)),
    lipschitz: (alpha) => Math.abs(alpha),
    // A rounded product and a rounded sum; errors outside [0, 1] are clamped away.
    slack: (x, alpha, beta) => Math.min(Math.abs(alpha * x), 1 + Math.abs(beta)) * ulp + ulp,
  },
  hardswish: {
    compute: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
    lipschitz: () => 1.5,
    slack: (x) => (Math.abs(x) < 3.001 ? Math.abs(x) * 2 * ulp + smallest : 0),
  },
  swish: {
    compute: (x, alpha) => x * logistic(alpha * x),
    lipschitz: () => 1.1,
    slack: (x, alpha) => slackProductWithLogistic(x, alpha * x, 1),
  },
  elu: {
    compute: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
    lipschitz: (alpha) => Math.max(1, Math.abs(alpha)),
    slack: (x, alpha) => (x < 0 ? scaled(alpha, Math.expm1(x), slackExpm1(x)) : 0),
  },
  gelu: {
    compute: (x) => 0.5 * x * erfc(-x * Math.SQRT1_2),
    lipschitz: () => 1.13,
    // The rounding of x/√2 moves erfc by its derivative, 2/√π exp(-x²/2).
    slack: (x) =>
      0.5 * Math.abs(x) * (slackErfc(-x * Math.SQRT1_2) + gaussianShift(x)) +
      ulp * Math.abs(0.5 * x * erfc(-x * Math.SQRT1_2)) +
      smallest,
  },
  gelutanh: {
    compute: (x) => x * logistic(geluArgument(x)),
    lipschitz: () => 1.13,
    slack: (x) => slackProductWithLogistic(x, geluArgument(x), 4),
  },
  selu: {
    compute: (x, alpha, gamma) => gamma * (x < 0 ? alpha * Math.expm1(x) : x),
    lipschitz: (alpha, gamma) => Math.abs(gamma) * Math.max(1, Math.abs(alpha)),
    slack: (x, alpha, gamma) =>
      x < 0
        ? scaled(alpha * gamma, Math.expm1(x), slackExpm1(x)) * (1 + ulp)
        : Math.abs(gamma * x) * ulp + smallest,
  },
  celu: {
    compute: (x, alpha) => Math.max(x, 0) + Math.min(0, alpha * Math.expm1(x / alpha)),
    lipschitz: one,
    // The division's error (2.5 ulp of x / α) moves exp by its own value.
    slack: (x, alpha) => {
      const scaledX = x / alpha;
      if (scaledX > 0) return 0;
      const moved = slackExpm1(scaledX) + Math.abs(scaledX) * 2.5 * ulp * Math.exp(scaledX);
      return scaled(alpha, Math.expm1(scaledX), moved);
    },
  },
  thresholdedrelu: {
    compute: (x, alpha) => (x > alpha ? x : 0),
    lipschitz: one,
  },
  shrink: {
    compute: (x, lambd, bias) => (x < -lambd ? x + bias : x > lambd ? x - bias : 0),
    lipschitz: one,
    slack: (x, _, bias) => (Math.abs(x) + Math.abs(bias)) * ulp,
  },
  softplus: {
    compute: softplus,
    lipschitz: one,
    slack: (x) => {
      const decay = Math.exp(-Math.abs(x));
      return (
        slackLog1p01(decay) + (3 + 2 * Math.abs(x)) * ulp * decay + ulp * softplus(x) + smallest
      );
    },
  },
  softsign: {
    compute: (x) => x / (1 + Math.abs(x)),
    lipschitz: one,
    slack: (x) => (3.5 * ulp * Math.abs(x)) / (1 + Math.abs(x)) + smallest,
  },
  mish: {
    compute: (x) => x * Math.tanh(softplus(x)),
    lipschitz: () => 1.09,
    slack: (x) => {
      const y = Math.abs(x * Math.tanh(softplus(x)));
      const decay = x < 0 ? 1 : Math.exp(-x);
      return y * ulp * ((3 + 2 * Math.abs(x)) * decay + 7) + smallest * (1 + Math.abs(x));
    },
  },
};

/** Bound of the absolute error of a function for an exact x; 0 where it is exact. */
export function slackOf(
  definition: FunctionDefinition,
  x: number,
  alpha: number,
  beta: number,
): number {
  // At infinity the bounds hold as limits; a large finite x stands for them.
  return definition.slack?.(Math.max(-3e38, Math.min(3e38, x)), alpha, beta) ?? 0;
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
