/** The oracle of the softmax family. */

import type { SoftmaxFunction } from '../../../shaders/softmax.ts';
import { numbersOf } from '../../core/reference.ts';
import type { Reference } from '../operator.ts';
import { relativeExpSum, slackLog } from '../reduce/fold.ts';
import { smallest, ulp } from '../slack.ts';
import { type SoftmaxAttributes, softmaxSizes } from './sizes.ts';

export function softmaxReference(name: SoftmaxFunction): Reference<SoftmaxAttributes> {
  const computeRow = name === 'hardmax' ? hardmaxRow : name === 'softmax' ? softmaxRow : logRow;
  return ([x], attributes) => {
    if (!x) throw new TypeError('softmax takes an input');
    const { outer, axis, inner } = softmaxSizes(x.dims, attributes);
    const values = numbersOf(x);
    const value = new Float64Array(values.length);
    const slack = new Float64Array(values.length);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const at = Array.from({ length: axis }, (_, a) => (o * axis + a) * inner + i);
        const row = computeRow(at.map((place) => values[place] as number));
        // A change of every x by at most s changes log-softmax by at most 2 s.
        const moved = 2 * at.reduce((most, place) => Math.max(most, x.slack?.[place] ?? 0), 0);
        at.forEach((place, a) => {
          const result = row.values[a] as number;
          value[place] = result;
          const factor = name === 'softmax' ? Math.abs(result) : 1;
          slack[place] = (row.slacks[a] as number) + moved * factor;
        });
      }
    }
    return [name === 'hardmax' ? { value } : { value, slack }];
  };
}

interface Row {
  readonly values: readonly number[];
  readonly slacks: readonly number[];
}

const maximum = (row: readonly number[]): number =>
  row.reduce((top, x) => Math.max(top, x), Number.NEGATIVE_INFINITY);

const sumOfExp = (row: readonly number[], top: number): number =>
  row.reduce((sum, x) => sum + Math.exp(x - top), 0);

/** exp(x - max) / Σ exp(x - max) */
function softmaxRow(row: readonly number[]): Row {
  const top = maximum(row);
  const sum = sumOfExp(row, top);
  const values = row.map((x) => Math.exp(x - top) / sum);
  if (!Number.isFinite(top)) return { values: row.map(() => Number.NaN), slacks: row.map(() => 0) };
  const relative = relativeExpSum(row, top);
  const slacks = row.map((x, index) => {
    const distance = top - x;
    if (distance === Number.POSITIVE_INFINITY) return smallest;
    // exp's own error, the rounded difference, the reciprocal (2.5 ulp) and the product.
    const own = (3 + 2.5 * distance + 3) * ulp;
    return (values[index] as number) * (own + relative) + smallest;
  });
  return { values, slacks };
}

/** x - max - log Σ exp(x - max) */
function logRow(row: readonly number[]): Row {
  const top = maximum(row);
  const sum = sumOfExp(row, top);
  if (!Number.isFinite(top)) return { values: row.map(() => Number.NaN), slacks: row.map(() => 0) };
  const values = row.map((x) => x - top - Math.log(sum));
  const common = relativeExpSum(row, top) + slackLog(sum);
  const slacks = row.map((x, index) => {
    if (!Number.isFinite(x)) return 0;
    // Two rounded differences.
    return common + (ulp / 2) * (top - x + Math.abs(values[index] as number));
  });
  return { values, slacks };
}

/** 1 at the first maximum, the first NaN counting as one. */
function hardmaxRow(row: readonly number[]): Row {
  const nan = row.findIndex(Number.isNaN);
  const place = nan >= 0 ? nan : row.indexOf(maximum(row));
  return { values: row.map((_, index) => (index === place ? 1 : 0)), slacks: row.map(() => 0) };
}
