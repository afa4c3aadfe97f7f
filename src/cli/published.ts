/** Compares results with published ones, by the tolerance of the ONNX project's own test runner. */

import { isFloat } from '../core/dtype.ts';
import { toReference } from '../core/reference.ts';
import { formatDims, sameDims } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import { coordinates } from '../session/compare.ts';
import { formatValue } from './table.ts';

/** `assert_allclose` of onnx/backend/test/runner: |actual − desired| ≤ atol + rtol·|desired|. */
export const tolerance = { relative: 1e-3, absolute: 1e-7 } as const;

export interface Deviation {
  readonly ok: boolean;
  /** What is wrong; '' where nothing is. */
  readonly reason: string;
  /** Greatest difference; infinite where one value is finite and the other is not. */
  readonly maxError: number;
  /** What is allowed at the element that is worst, measured in units of it. */
  readonly bound: number;
}

/** Equal in type and shape; floats within the tolerance, every other type equal. */
export function compareToPublished(actual: HostTensor, published: HostTensor): Deviation {
  const unlike = (reason: string): Deviation => ({
    ok: false,
    reason,
    maxError: Number.POSITIVE_INFINITY,
    bound: 0,
  });
  if (actual.type !== published.type) {
    return unlike(`the type is ${actual.type}, not ${published.type}`);
  }
  if (!sameDims(actual.dims, published.dims)) {
    return unlike(`the shape is ${formatDims(actual.dims)}, not ${formatDims(published.dims)}`);
  }
  const got = toReference(actual).value;
  const want = toReference(published).value;
  const exact = !isFloat(actual.type);
  let maxError = 0;
  let wrong = 0;
  let worst = { ratio: -1, index: 0, bound: 0 };
  for (let index = 0; index < want.length; index++) {
    const g = got[index] as number | bigint;
    const w = want[index] as number | bigint;
    const desired = Number(w);
    const bound = exact ? 0 : tolerance.absolute + tolerance.relative * Math.abs(desired);
    const error = differenceOf(g, w);
    maxError = Math.max(maxError, error);
    // An infinite bound belongs to an infinite value, which only the same infinity meets.
    const allowed = Number.isFinite(bound) ? bound : 0;
    if (error > allowed) wrong++;
    const ratio = error === 0 ? 0 : error / (allowed || Number.MIN_VALUE);
    if (ratio > worst.ratio) worst = { ratio, index, bound: allowed };
  }
  const at = coordinates(worst.index, published.dims);
  const show = (value: number | bigint | undefined) =>
    typeof value === 'bigint' ? String(value) : formatValue(Number(value));
  return {
    ok: wrong === 0,
    reason:
      wrong === 0
        ? ''
        : `${wrong} of ${want.length} differ; at [${at.join(',')}] ${show(got[worst.index])}, not ${show(want[worst.index])}`,
    maxError,
    bound: worst.bound,
  };
}

/** |a − b|; 0 for two NaN or the same infinity, infinite where only one of them is finite. */
function differenceOf(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0;
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    const difference = BigInt(a) - BigInt(b);
    return Number(difference < 0n ? -difference : difference);
  }
  if (Number.isNaN(a) && Number.isNaN(b)) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}
