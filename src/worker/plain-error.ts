/** Errors as plain data, so that they cross from one thread to another and are there what they were. */

import { DeviceLostError, type ErrorDetails, WgconvError } from '../core/errors.ts';

/** An error of wgconv by its parts, or anything else that was thrown, as structured clone takes it. */
export type PlainError =
  | ({
      readonly kind: 'wgconv';
      readonly name: string;
      readonly stack: string | undefined;
      readonly cause: PlainError | undefined;
    } & Pick<WgconvError, 'code' | 'message'> &
      Omit<ErrorDetails, 'cause'>)
  | { readonly kind: 'other'; readonly thrown: unknown };

export function toPlainError(thrown: unknown): PlainError {
  if (!(thrown instanceof WgconvError)) return { kind: 'other', thrown: clonable(thrown) };
  const { name, message, stack, code, node, operator, value, data, cause } = thrown;
  return {
    kind: 'wgconv',
    ...{ name, message, stack, code, node, operator, value },
    data: clonable(data) as ErrorDetails['data'],
    cause: cause === undefined ? undefined : toPlainError(cause),
  };
}

/** The error again, of its own class; its stack is that of the thread where it was thrown. */
export function fromPlainError(plain: PlainError): unknown {
  if (plain.kind === 'other') return plain.thrown;
  const { kind: _, name, cause, ...parts } = plain;
  const details = cause === undefined ? {} : { cause: fromPlainError(cause) };
  const error =
    name === 'DeviceLostError' ? new DeviceLostError('') : new WgconvError(parts.code, '', details);
  // The constructors compose messages, and this one is composed already.
  return Object.assign(error, parts);
}

/** The value, or what can be said of it where it holds what no other thread can have. */
function clonable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return value instanceof Error ? new Error(`${value.name}: ${value.message}`) : String(value);
  }
}
