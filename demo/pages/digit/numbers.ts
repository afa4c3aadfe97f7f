/** Numbers as the page writes them, with a true minus sign. */

import { withMinus } from '../../lib/number-format.ts';

/** Two decimals in little room: ".53", "−1.2". */
export function short(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 99.5 ? 0 : size >= 9.95 ? 1 : 2;
  return withMinus(value.toFixed(digits)).replace(/^(−?)0\./, '$1.');
}

/** Four decimals: "0.5312". */
export const exact = (value: number): string => withMinus(value.toFixed(4));

/** Four decimals with their sign, for terms of a sum: "+0.5312". */
export const signed = (value: number): string => (value < 0 ? exact(value) : `+${exact(value)}`);
