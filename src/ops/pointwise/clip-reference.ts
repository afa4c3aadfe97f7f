/** Oracle of Clip: min(max(x, lower), upper), so that the upper bound wins where they cross. */

import { isBigInt, isFloat } from '../../core/dtype.ts';
import { internal } from '../../core/errors.ts';
import { numbersOf } from '../../core/reference.ts';
import type { Reference } from '../operator.ts';
import { type ClipAttributes, clipLimit } from './attributes.ts';

export const clipReference: Reference<ClipAttributes> = ([x, min, max], attributes) => {
  if (!x) throw internal('Clip has no input');
  if (isBigInt(x.type)) {
    const lower = min?.value[0] as bigint | undefined;
    const upper = max?.value[0] as bigint | undefined;
    const clip = (value: bigint): bigint => {
      const raised = lower !== undefined && value < lower ? lower : value;
      return upper !== undefined && raised > upper ? upper : raised;
    };
    const value = x.value as BigInt64Array | BigUint64Array;
    return [{ value: value instanceof BigInt64Array ? value.map(clip) : value.map(clip) }];
  }
  const limit = isFloat(x.type) ? clipLimit(x.type) : Number.POSITIVE_INFINITY;
  const lower = min ? (numbersOf(min)[0] as number) : (attributes.min ?? -limit);
  const upper = max ? (numbersOf(max)[0] as number) : (attributes.max ?? limit);
  // Math.max and Math.min keep NaN.
  const value = numbersOf(x).map((number) => Math.min(Math.max(number, lower), upper));
  return [{ value, magnitude: x.magnitude, terms: x.terms, slack: x.slack }];
};
