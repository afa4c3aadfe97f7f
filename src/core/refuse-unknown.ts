/** Options that nobody knows are refused by name: a typo must not be taken for a wish fulfilled. */

import { WgconvError } from './errors.ts';

/** @throws WgconvError `invalid-argument` naming the first key of `given` that is none of `known`. */
export function refuseUnknown(
  what: string,
  given: object | undefined,
  known: Readonly<Record<string, true>>,
): void {
  const unknown = Object.keys(given ?? {}).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  const list = Object.keys(known).map((name) => `'${name}'`);
  throw new WgconvError(
    'invalid-argument',
    `there is no ${what} "${unknown}"; use ${list.slice(0, -1).join(', ')} or ${list.at(-1)}`,
  );
}
