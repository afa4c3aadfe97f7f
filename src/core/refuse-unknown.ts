/** Options that nobody knows are refused by name: a typo must not be taken for a wish fulfilled. */

import { WgconvError } from './errors.ts';

/**
 * @throws WgconvError `invalid-argument` naming the first key of `given` that is none of `known`, or
 * where it is no object
 */
export function refuseUnknown(
  what: string,
  given: object | undefined,
  known: Readonly<Record<string, true>>,
): void {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new WgconvError(
      'invalid-argument',
      `an ${what} is a property of an object, and ${given} is none`,
    );
  }
  const unknown = Object.keys(given ?? {}).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  const names = Object.keys(known).map((name) => `'${name}'`);
  const last = names.pop();
  throw new WgconvError(
    'invalid-argument',
    `there is no ${what} "${unknown}"; use ${names.length > 0 ? `${names.join(', ')} or ` : ''}${last}`,
  );
}
