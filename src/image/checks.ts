/** Numbers among the options of the image functions. */

import { WgconvError } from '../core/errors.ts';

/** @throws WgconvError `invalid-argument` */
export function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new WgconvError(
    'invalid-argument',
    `${name} is ${value}, but must be a whole number from ${least} on`,
  );
}

/** @throws WgconvError `invalid-argument` */
export function finite(name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new WgconvError('invalid-argument', `${name} is ${value}, but must be a number`);
}

/** One number, or one for each channel. @throws WgconvError `invalid-argument` */
export function numberList(
  name: string,
  given: number | readonly number[],
  count: number,
): number[] {
  const list = Array.isArray(given) ? [...given] : [given as number];
  const fits = list.length === 1 || list.length === count;
  if (fits && list.every((value) => Number.isFinite(value))) return list;
  throw new WgconvError(
    'invalid-argument',
    `${name} is ${JSON.stringify(given)}, but takes one number` +
      (count > 1 ? `, or ${count}, one for each channel` : ''),
  );
}
