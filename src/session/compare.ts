/** Judges a computed tensor against the float64 oracle, by the accuracy class of its operator. */

import { isFloat } from '../core/dtype.ts';
import { toReference, unitRoundoff } from '../core/reference.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { Accuracy } from '../ops/operator.ts';
import type { EvaluatedTensor } from './evaluate.ts';

export interface Comparison {
  readonly ok: boolean;
  /** Elements outside the bound. */
  readonly wrong: number;
  /** Elements on a decision's boundary that came out on the other side: allowed, but counted. */
  readonly ambiguous: number;
  /** Greatest |actual − expected|. */
  readonly maxError: number;
  /** Root mean square of actual − expected. */
  readonly rmsError: number;
  /** The element with the greatest error in units of its bound. */
  readonly worst?: {
    readonly index: readonly number[];
    readonly actual: number;
    readonly expected: number;
    readonly bound: number;
  };
  /** Why the check says little: non-finite, constant or all zero. */
  readonly unchecked?: 'non-finite' | 'constant' | 'all zero' | undefined;
}

/** Numbers below these are subnormal: they may be flushed to zero. */
const smallestNormal = { float32: 2 ** -126, float16: 2 ** -14 };
const subnormal = smallestNormal.float32;

/**
 * Compares by numerics' rules: an element outside 4·u·√K·magnitude is held against the sequential
 * float32 sum, which `single` computes when it is asked for.
 */
export function compare(
  actual: HostTensor,
  expected: EvaluatedTensor,
  accuracy: Accuracy,
  single: () => EvaluatedTensor,
): Comparison {
  const got = toReference(actual).value;
  const want = expected.value;
  // Where float16 lies on the device as float32, it was not rounded to float16.
  const bound = boundOf({ ...expected, type: actual.type }, accuracy);
  let sequential: EvaluatedTensor | undefined;
  let overflowed = false;
  let wrong = 0;
  let ambiguous = 0;
  let maxError = 0;
  let squares = 0;
  let worstAt = -1;
  let worstRatio = -1;
  for (let index = 0; index < want.length; index++) {
    const a = got[index];
    const e = want[index];
    if (a === undefined || e === undefined) break;
    if (a === e) continue;
    const x = Number(a);
    const y = Number(e);
    if (Number.isNaN(x) && Number.isNaN(y)) continue;
    const error = Math.abs(x - y);
    let allowed = bound(index);
    if (!(error <= allowed) && accuracy === 'sum' && expected.magnitude) {
      sequential ??= single();
      allowed = Math.max(allowed, sequentialBound(expected, sequential, index));
    }
    if (actual.type === 'float16' && overflows(x, y, allowed)) {
      overflowed = true;
      continue;
    }
    if (!Number.isNaN(error)) {
      maxError = Math.max(maxError, error);
      squares += error * error;
    }
    const ratio = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / (allowed || subnormal);
    if (error <= allowed) {
      if (worstRatio <= 1 && ratio > worstRatio) {
        worstRatio = ratio;
        worstAt = index;
      }
    } else if (expected.ambiguous?.[index]) {
      ambiguous++;
    } else {
      wrong++;
      if (ratio > worstRatio) {
        worstRatio = ratio;
        worstAt = index;
      }
    }
  }
  const sameLength = got.length === want.length;
  return {
    ok: wrong === 0 && sameLength,
    wrong: sameLength ? wrong : want.length,
    ambiguous,
    maxError,
    rmsError: Math.sqrt(squares / Math.max(want.length, 1)),
    unchecked: uncheckedReason(want) ?? (overflowed ? 'non-finite' : undefined),
    ...(worstAt >= 0 && {
      worst: {
        index: coordinates(worstAt, expected.dims),
        actual: Number(got[worstAt]),
        expected: Number(want[worstAt]),
        bound: bound(worstAt),
      },
    }),
  };
}

const largestHalf = 65504;

/** What is too large for float16 becomes infinite, or its greatest number: WGSL leaves it open. */
function overflows(actual: number, expected: number, bound: number): boolean {
  return (
    Math.abs(expected) + bound > largestHalf &&
    Math.abs(actual) >= largestHalf &&
    Math.sign(actual) === Math.sign(expected)
  );
}

/** Absolute bound of each element. */
export function boundOf(expected: EvaluatedTensor, accuracy: Accuracy): (index: number) => number {
  const { type, value, magnitude, slack, terms = 1 } = expected;
  if (!isFloat(type)) return (index) => slack?.[index] ?? 0;
  const u = unitRoundoff(type);
  const single = unitRoundoff('float32');
  const root = 4 * single * Math.sqrt(terms);
  if (accuracy === 'exact') return () => 0;
  // A float16 subnormal has few digits, or is flushed to zero.
  const half = (x: number) =>
    type === 'float16' && Math.abs(x) < smallestNormal.float16 ? smallestNormal.float16 : 0;
  return (index) =>
    (magnitude ? root * (magnitude[index] as number) : 0) +
    (slack?.[index] ?? 0) +
    // The stored value is rounded once more; function results carry their bound in `slack`.
    (accuracy === 'sum' && u === single && magnitude ? 0 : u * Math.abs(Number(value[index]))) +
    half(Number(value[index])) +
    subnormal;
}

/** Twice the sequential sum's own error, and never beyond the bound of any order of summation. */
function sequentialBound(
  expected: EvaluatedTensor,
  sequential: EvaluatedTensor,
  index: number,
): number {
  const u = unitRoundoff('float32');
  const terms = expected.terms ?? 1;
  const magnitude = expected.magnitude?.[index] ?? 0;
  const own = Math.abs(Number(sequential.value[index]) - Number(expected.value[index]));
  const hard = ((terms * u) / (1 - terms * u)) * magnitude + (expected.slack?.[index] ?? 0);
  return Math.min(2 * own, hard);
}

function uncheckedReason(values: EvaluatedTensor['value']): Comparison['unchecked'] {
  let constant = values.length > 1;
  const first = values[0];
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number' && !Number.isFinite(value)) return 'non-finite';
    if (value !== first) constant = false;
  }
  if (!constant) return undefined;
  return Number(first) === 0 ? 'all zero' : 'constant';
}

/** Coordinates of a flat row-major index. */
export function coordinates(index: number, dims: readonly number[]): number[] {
  const result = new Array<number>(dims.length);
  let rest = index;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const dim = dims[axis] as number;
    result[axis] = rest % dim;
    rest = Math.floor(rest / dim);
  }
  return result;
}

/** One sentence for a person. */
export function describe(comparison: Comparison): string {
  const { worst, wrong, maxError } = comparison;
  if (!worst) return 'equal';
  const where = `at [${worst.index.join(',')}] got ${worst.actual}, expected ${worst.expected}, bound ${worst.bound.toExponential(2)}`;
  return wrong > 0
    ? `${wrong} wrong; worst ${where}`
    : `max error ${maxError.toExponential(2)}; nearest to its bound ${where}`;
}
