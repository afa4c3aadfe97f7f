/** The oracle of LRN. */

import { numbersOf } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import { relativePower } from '../reduce/fold.ts';
import { smallest, ulp } from '../slack.ts';
import { type LrnAttributes, lrnWindow } from './window.ts';

export const lrnReference: Reference<LrnAttributes> = ([x], attributes) => {
  if (!x) throw new TypeError('LRN takes X');
  const { alpha, beta, bias, size } = attributes;
  const { before, after } = lrnWindow(attributes);
  const values = numbersOf(x);
  const [batch = 1, channels = 1, ...spatial] = x.dims;
  const inner = sizeOf(spatial);
  const value = new Float64Array(values.length);
  const slack = new Float64Array(values.length);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < inner; i++) {
        let squares = 0;
        for (
          let near = Math.max(0, c - before);
          near <= Math.min(channels - 1, c + after);
          near++
        ) {
          squares += (values[(n * channels + near) * inner + i] as number) ** 2;
        }
        const at = (n * channels + c) * inner + i;
        const base = bias + (alpha / size) * squares;
        const factor = base ** -beta;
        value[at] = (values[at] as number) * factor;
        // `size` squares, their sum, a product and a sum, each rounded once.
        const sumError =
          (size + 4) * (ulp / 2) * (Math.abs(bias) + (Math.abs(alpha) / size) * squares);
        // x^-0.75 by two inverse roots and a root (2 ulp, 2 / 2 + 4.5 ulp), else by pow.
        const power = beta === 0.75 ? 8 * ulp : relativePower(base, -beta);
        const relative = power + (beta * sumError) / Math.abs(base) + ulp;
        slack[at] =
          Math.abs(value[at] as number) * relative + (x.slack?.[at] ?? 0) * factor + smallest;
      }
    }
  }
  return [{ value, slack }];
};
