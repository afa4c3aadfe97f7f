/** The oracle of CumSum. */

import { isFloat } from '../../core/dtype.ts';
import { magnitudeOf, referenceArray, wrapInteger } from '../../core/reference.ts';
import { normaliseAxis, sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import type { CumSumAttributes } from './attributes.ts';

export const cumSumReference: Reference<CumSumAttributes> = (
  [x, along],
  { exclusive, reverse },
  { single },
) => {
  if (!x || !along) throw new TypeError('CumSum takes x and an axis');
  const at = normaliseAxis(Number(along.value[0]), x.dims.length);
  const axis = x.dims[at] as number;
  const inner = sizeOf(x.dims.slice(at + 1));
  const rows = sizeOf(x.dims.slice(0, at)) * inner;
  const float = isFloat(x.type);
  const value = referenceArray(x.type, x.value.length);
  const magnitude = new Float64Array(float ? x.value.length : 0);
  const sizes = float ? magnitudeOf(x) : magnitude;
  /** As the type adds: floats may be rounded, integers wrap (arrays of bigint do so themselves). */
  const add = (a: number | bigint, b: number | bigint): number | bigint => {
    if (typeof a === 'bigint') return a + BigInt(b);
    const sum = a + Number(b);
    return !float ? wrapInteger(x.type, sum) : single ? Math.fround(sum) : sum;
  };
  for (let row = 0; row < rows; row++) {
    const base = Math.floor(row / inner) * axis * inner + (row % inner);
    let sum: number | bigint = value instanceof Float64Array ? 0 : 0n;
    let size = 0;
    for (let step = 0; step < axis; step++) {
      const place = base + (reverse ? axis - 1 - step : step) * inner;
      const next = add(sum, x.value[place] as number | bigint);
      const nextSize = size + (sizes[place] ?? 0);
      value[place] = exclusive ? sum : next;
      if (float) magnitude[place] = exclusive ? size : nextSize;
      sum = next;
      size = nextSize;
    }
  }
  return [float ? { value, magnitude, terms: axis + (x.terms ?? 0) } : { value }];
};
