/** The oracle of ArgMax and ArgMin. */

import { normaliseAxis, sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import type { ArgReduceAttributes } from './attributes.ts';

/** NaN is further than every number, and as far as another NaN. */
function isFurther(a: number | bigint, b: number | bigint, least: boolean): boolean {
  if (Number.isNaN(b)) return false;
  return Number.isNaN(a) || (least ? a < b : a > b);
}

export function argReduceReference(least: boolean): Reference<ArgReduceAttributes> {
  return ([x], { axis: given, last }) => {
    if (!x) throw new TypeError('ArgMax and ArgMin take data');
    const along = normaliseAxis(given, x.dims.length);
    const axis = x.dims[along] as number;
    const inner = sizeOf(x.dims.slice(along + 1));
    const rows = sizeOf(x.dims.slice(0, along)) * inner;
    const value = new BigInt64Array(rows);
    for (let row = 0; row < rows; row++) {
      const base = Math.floor(row / inner) * axis * inner + (row % inner);
      const at = (place: number) => x.value[base + place * inner] as number | bigint;
      let best = 0;
      for (let place = 1; place < axis; place++) {
        const further = isFurther(at(place), at(best), least);
        const equal = !further && !isFurther(at(best), at(place), least);
        if (further || (last && equal)) best = place;
      }
      value[row] = BigInt(best);
    }
    return [{ value }];
  };
}
