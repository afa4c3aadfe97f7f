/** Options that nobody knows are refused by name: a typo must not be taken for a wish fulfilled. */

import { WgconvError } from './errors.ts';

/** @throws WgconvError `invalid-argument` with the complaint where something is not as it must be */
export function insist(isRight: boolean, complaint: string): void {
  if (!isRight) throw new WgconvError('invalid-argument', complaint);
}

/** @throws WgconvError `invalid-argument` where options are no object, or their `signal` is none */
export function checkGiven(what: string, given: object | undefined): void {
  insist(
    given === undefined || (typeof given === 'object' && given !== null && !Array.isArray(given)),
    `${what.replace('option', 'options')} must be in an object, not ${Array.isArray(given) ? 'a list' : given}`,
  );
  const { signal } = (given ?? {}) as { readonly signal?: AbortSignal | null };
  insist(
    !signal || 'throwIfAborted' in Object(signal),
    'signal takes an AbortSignal: that of an AbortController is controller.signal',
  );
}

/**
 * @throws WgconvError `invalid-argument` naming the first key of `given` that is none of `known`, or
 * where it is no object, or its `signal` is none
 */
export function refuseUnknown(
  what: string,
  given: object | undefined,
  known: Readonly<Record<string, true>>,
): void {
  checkGiven(what, given);
  const unknown = Object.keys(given ?? {}).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  const names = Object.keys(known).map((name) => `'${name}'`);
  const last = names.pop();
  throw new WgconvError(
    'invalid-argument',
    `there is no ${what} "${unknown}"; use ${names.length > 0 ? `${names.join(', ')} or ` : ''}${last}`,
  );
}
