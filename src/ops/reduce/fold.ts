/** The reductions in float64, with their error bounds: for the references of reductions and pools. */

import type { Reduction } from '../../../shaders/lib/reduce.ts';
import { type DataType, isBigInt } from '../../core/dtype.ts';
import { type ReferenceTensor, wrapInteger } from '../../core/reference.ts';
import { slackExp, smallest, ulp } from '../slack.ts';

/** What is reduced to one value. */
export interface Fold {
  readonly values: readonly number[];
  /** |x|, or the magnitudes that an earlier operator left. */
  readonly magnitudes: readonly number[];
  readonly slacks: readonly number[];
}

export interface Folded {
  readonly value: number;
  /** Sum of absolute values; 0 where nothing is added up. */
  readonly magnitude: number;
  /** Bound of what does not stem from adding up. */
  readonly slack: number;
}

/** The elements of a reference tensor at some positions. */
export function gatherFold(tensor: ReferenceTensor, at: readonly number[]): Fold {
  const values = at.map((index) => tensor.value[index] as number);
  return {
    values,
    magnitudes: at.map((index, place) =>
      tensor.magnitude ? (tensor.magnitude[index] as number) : Math.abs(values[place] as number),
    ),
    slacks: at.map((index) => tensor.slack?.[index] ?? 0),
  };
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Math.max that does not spread (long rows overflow the stack); NaN wins, nothing gives -∞. */
const greatest = (values: readonly number[]): number =>
  values.reduce((top, value) => Math.max(top, value), Number.NEGATIVE_INFINITY);

/** Error of log(x) for an exact x: 2⁻²¹ near 1, else 3 ulp. */
export function slackLog(x: number): number {
  return x >= 0.5 && x <= 2 ? 2 ** -21 : 3 * ulp * Math.abs(Math.log(x));
}

/**
 * Relative error of x^p. pow(x, p) is exp2(p log2(x)): the logarithm's error and the product's
 * rounding move the exponential, which has its own (3 + 2|t|) ulp.
 */
export function relativePower(x: number, p: number): number {
  const log2 = Math.log2(x);
  if (x === 0 || !Number.isFinite(log2)) return 0;
  const logarithm = x >= 0.5 && x <= 2 ? 2 ** -21 : 3 * ulp * Math.abs(log2);
  const product = Math.abs(p * log2) * ulp;
  return Math.LN2 * (Math.abs(p) * logarithm + product) + (3 + 2 * Math.abs(p * log2)) * ulp;
}

/** Reduces floats. `single`: every product and sum is rounded to float32, in order. */
export function foldFloats(
  operation: Reduction,
  { values, magnitudes, slacks }: Fold,
  single: boolean,
  exponent = 1,
): Folded {
  const round = single ? Math.fround : (value: number) => value;
  const add = (terms: readonly number[]): number =>
    terms.reduce((sum, term) => round(sum + term), 0);
  const count = values.length;
  const squares = () => values.map((x) => round(x * x));
  const absolutes = () => values.map(Math.abs);
  // |d(x²)| = 2|x| |dx|; where x carries no error of its own its magnitude is |x|.
  const squareMagnitude = () =>
    total(values.map((x, i) => Math.abs(x) * (magnitudes[i] as number)));
  const squareSlack = () => total(values.map((x, i) => 2 * Math.abs(x) * (slacks[i] as number)));

  switch (operation) {
    case 'sum':
    case 'l1': {
      const value = add(operation === 'sum' ? values : absolutes());
      return { value, magnitude: total(magnitudes), slack: total(slacks) };
    }
    case 'mean':
      return {
        value: round(add(values) / count),
        magnitude: total(magnitudes) / count,
        slack: total(slacks) / count,
      };
    case 'sumSquare':
      return { value: add(squares()), magnitude: squareMagnitude(), slack: squareSlack() };
    case 'l2': {
      const value = round(Math.sqrt(add(squares())));
      if (value === 0) return { value, magnitude: 0, slack: total(slacks) };
      return { value, magnitude: squareMagnitude() / value, slack: squareSlack() / value };
    }
    case 'max':
      return { value: greatest(values), magnitude: 0, slack: greatest([0, ...slacks]) };
    case 'min':
      return {
        value: -greatest(values.map((x) => -x)),
        magnitude: 0,
        slack: greatest([0, ...slacks]),
      };
    case 'prod': {
      const value = values.reduce((product, x) => round(product * x), 1);
      return { value, magnitude: Math.abs(value), slack: 0 };
    }
    case 'lp': {
      const sum = total(values.map((x) => Math.abs(x) ** exponent));
      const value = sum ** (1 / exponent);
      if (sum === 0 || !Number.isFinite(sum)) return { value, magnitude: 0, slack: 0 };
      const termErrors = total(
        values.map((x) => Math.abs(x) ** exponent * relativePower(Math.abs(x), exponent)),
      );
      const relativeSum = termErrors / sum + (count * ulp) / 2;
      const slack = value * (relativeSum / exponent + relativePower(sum, 1 / exponent)) + smallest;
      return { value, magnitude: 0, slack };
    }
    case 'logSum': {
      const sum = total(values);
      const value = Math.log(sum);
      if (!Number.isFinite(value)) return { value, magnitude: 0, slack: 0 };
      // Where the sum's error may take all of the sum, any result is right.
      const relative = (count * (ulp / 2) * total(magnitudes) + total(slacks)) / sum;
      const moved = relative < 1 ? -Math.log1p(-relative) : Number.POSITIVE_INFINITY;
      return { value, magnitude: 0, slack: moved + slackLog(sum) };
    }
    case 'logSumExp': {
      const top = greatest(values);
      if (!Number.isFinite(top)) return { value: top, magnitude: 0, slack: 0 };
      const sum = total(values.map((x) => Math.exp(x - top)));
      const value = top + Math.log(sum);
      const slack = relativeExpSum(values, top) + slackLog(sum) + (ulp / 2) * Math.abs(value);
      return { value, magnitude: 0, slack: slack + greatest([0, ...slacks]) };
    }
    case 'moments':
      throw new TypeError('moments give two values');
  }
}

/**
 * Relative error of Σ exp(x - top) as the kernels sum it: each exp's own error, a rounding for
 * each addition, and a rescaling by exp(old top - new top) whenever a greater value turns up: at
 * most `count` times 3.5 ulp, and the |x| parts of exp's error add up to twice the row's range.
 */
export function relativeExpSum(values: readonly number[], top: number): number {
  const finite = values.filter((x) => Number.isFinite(x));
  const range = top + greatest(finite.map((x) => -x));
  const sum = total(finite.map((x) => Math.exp(x - top)));
  const own = total(
    finite.map((x) => {
      const distance = top - x;
      return slackExp(-distance) + (ulp / 2) * distance * Math.exp(-distance);
    }),
  );
  return own / sum + values.length * 4 * ulp + 3 * range * ulp;
}

/** Reduces integers exactly: they wrap to their type, and quotients are truncated. */
export function foldIntegers(
  operation: Reduction,
  values: readonly (number | bigint)[],
  type: DataType,
): number | bigint {
  const wrap = (value: bigint): bigint =>
    type === 'int64'
      ? BigInt.asIntN(64, value)
      : type === 'uint64'
        ? BigInt.asUintN(64, value)
        : BigInt(wrapInteger(type, Number(BigInt.asIntN(32, value))));
  const integers = values.map(BigInt);
  const absolute = (x: bigint): bigint => (x < 0n ? -x : x);
  const sum = (terms: readonly bigint[]): bigint => terms.reduce((a, b) => wrap(a + b), 0n);
  const result = (): bigint => {
    switch (operation) {
      case 'sum':
        return sum(integers);
      case 'l1':
        return sum(integers.map(absolute));
      case 'sumSquare':
        return sum(integers.map((x) => x * x));
      case 'mean':
        return integers.length === 0 ? 0n : sum(integers) / BigInt(integers.length);
      case 'prod':
        return integers.reduce((a, b) => wrap(a * b), 1n);
      case 'max':
      case 'min': {
        const [least, most] = integerLimits(type);
        return integers.reduce(
          (top, x) => ((operation === 'max' ? x > top : x < top) ? x : top),
          operation === 'max' ? least : most,
        );
      }
      default: {
        const numbers = integers.map(Number);
        const fold = { values: numbers, magnitudes: numbers, slacks: numbers.map(() => 0) };
        const { value } = foldFloats(operation, fold, false);
        return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
      }
    }
  };
  const value = result();
  return isBigInt(type) ? value : Number(value);
}

function integerLimits(type: DataType): readonly [bigint, bigint] {
  if (type === 'bool') return [0n, 1n];
  const bits = BigInt(type.replace(/\D/g, ''));
  return type.startsWith('u')
    ? [0n, 2n ** bits - 1n]
    : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}
