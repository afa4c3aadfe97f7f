/**
 * What the functions of `shaders/lib/binary.ts` compute, name by name: in float64 for types of up
 * to 32 bits and in bigint for int64 and uint64. References wrap the results of integers to the
 * model's type. Only references need this.
 */

import type { BinaryName } from '../../../shaders/lib/binary.ts';

export interface BinaryDefinition {
  /** Comparisons give bool. */
  readonly result?: 'bool';
  readonly float: (a: number, b: number) => number;
  /** For integers of up to 32 bits, where it is not `float`. */
  readonly integer?: (a: number, b: number) => number;
  readonly big?: (a: bigint, b: bigint) => bigint;
}

function comparison(
  float: (a: number, b: number) => boolean,
  big: (a: bigint, b: bigint) => boolean,
): BinaryDefinition {
  return {
    result: 'bool',
    float: (a, b) => Number(float(a, b)),
    big: (a, b) => (big(a, b) ? 1n : 0n),
  };
}

const definitions: Readonly<Record<BinaryName, BinaryDefinition>> = {
  add: { float: (a, b) => a + b, big: (a, b) => a + b },
  sub: { float: (a, b) => a - b, big: (a, b) => a - b },
  mul: { float: (a, b) => a * b, integer: Math.imul, big: (a, b) => a * b },
  // Integers truncate; a division by zero gives 0 (as numpy's does; ONNX leaves it open).
  div: {
    float: (a, b) => a / b,
    integer: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
    big: (a, b) => (b === 0n ? 0n : a / b),
  },
  // Its own reference divides.
  mean: { float: (a, b) => a + b },
  // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint
  max: { float: Math.max, big: (a, b) => (a > b ? a : b) },
  // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigint
  min: { float: Math.min, big: (a, b) => (a < b ? a : b) },
  pow: { float: power, integer: integerPower, big: bigPower },
  // Python's %: the sign of the divisor. By zero: 0, as numpy.
  mod: {
    float: (a, b) => a - b * Math.floor(a / b),
    integer: (a, b) => (b === 0 ? 0 : ((a % b) + b) % b),
    big: (a, b) => (b === 0n ? 0n : ((a % b) + b) % b),
  },
  // C's fmod: the sign of the dividend.
  fmod: {
    float: (a, b) => a % b,
    integer: (a, b) => (b === 0 ? 0 : a % b),
    big: (a, b) => (b === 0n ? 0n : a % b),
  },
  prelu: {
    float: (a, b) => (a < 0 ? a * b : a),
    integer: (a, b) => (a < 0 ? Math.imul(a, b) : a),
    big: (a, b) => (a < 0n ? a * b : a),
  },
  equal: comparison(
    (a, b) => a === b,
    (a, b) => a === b,
  ),
  less: comparison(
    (a, b) => a < b,
    (a, b) => a < b,
  ),
  greater: comparison(
    (a, b) => a > b,
    (a, b) => a > b,
  ),
  lessorequal: comparison(
    (a, b) => a <= b,
    (a, b) => a <= b,
  ),
  greaterorequal: comparison(
    (a, b) => a >= b,
    (a, b) => a >= b,
  ),
  // Logical for bool (0 or 1), bitwise for integers.
  and: { float: (a, b) => a & b, big: (a, b) => a & b },
  or: { float: (a, b) => a | b, big: (a, b) => a | b },
  xor: { float: (a, b) => a ^ b, big: (a, b) => a ^ b },
  // A shift by the width or more leaves nothing.
  shiftleft: {
    float: (a, b) => (b > 31 ? 0 : (a << b) >>> 0),
    big: (a, b) => (b > 63n ? 0n : a << b),
  },
  shiftright: {
    float: (a, b) => (b > 31 ? 0 : a >>> b),
    big: (a, b) => (b > 63n ? 0n : a >> b),
  },
};

/** A definition with its name, which says how errors of the operands reach the result. */
export type NamedDefinition = BinaryDefinition & { readonly name: string };

export const binaryDefinitions: ReadonlyMap<string, NamedDefinition> = new Map(
  Object.entries(definitions).map(([name, definition]) => [name, { name, ...definition }]),
);

/** Greatest |exponent| of a float power that the WGSL multiplies out. */
export const greatestMultipliedExponent = 255;

/** C's pow: 1 to any power is 1, where JavaScript says NaN for 1^NaN and 1^infinity. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY)) return 1;
  return a ** b;
}

/** Wraps on overflow; below 1 truncates to 0, as the conversion of a fraction does. */
function integerPower(a: number, b: number): number {
  if (!Number.isInteger(b)) return Math.trunc(power(a, b));
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let square = a;
  for (let rest = b; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

function bigPower(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
  let result = 1n;
  let square = a;
  for (let rest = b; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}
