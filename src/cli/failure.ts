/** What a failed command says and the exit code it ends with. */

import { type ErrorCode, WgconvError } from '../core/errors.ts';

/** Everything the command was asked for was done, and every check passed. */
export const exitOk = 0;
/** A check failed, or the work could not be done. */
export const exitFailed = 1;
/** The command line is wrong: an unknown option, a value of the wrong form, a file that is not there. */
export const exitUsage = 2;

/** What shells give for a program that SIGINT ended. */
const exitInterrupted = 130;

/** The command line asks for something that cannot be; the message says what to write instead. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The person pressed Ctrl-C. */
export class InterruptedError extends Error {
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}

/** The exit code that belongs to an error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return exitInterrupted;
  // What the engine calls an argument was an option here.
  const isUsage =
    error instanceof UsageError ||
    (error instanceof WgconvError && error.code === 'invalid-argument');
  return isUsage ? exitUsage : exitFailed;
}

/** What a person is told; the stack only where it was asked for. */
export function describeFailure(error: unknown, debug: boolean): string {
  const known = [UsageError, WgconvError, InterruptedError].some((kind) => error instanceof kind);
  const said = error instanceof Error ? error.message : String(error);
  // The engine speaks to the author of a page.
  const message = said.replaceAll("{ backend: 'cpu' }", '--backend cpu');
  const text = known
    ? `wgconv: ${message}`
    : `wgconv: unexpected error: ${message}${debug ? '' : '\nRun it again with --debug to see where.'}`;
  if (!debug || !(error instanceof Error)) return text;
  const cause = error.cause instanceof Error ? `\nCaused by: ${error.cause.stack}` : '';
  return `${text}\n${error.stack ?? ''}${cause}`;
}

/** An error as plain data, to go from the page to Node. */
export interface ErrorMessage {
  readonly message: string;
  /** Of a WgconvError only. */
  readonly code?: ErrorCode | undefined;
  readonly value?: string | undefined;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly stack?: string | undefined;
}

export function errorToMessage(error: unknown): ErrorMessage {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  if (!(error instanceof WgconvError)) return { message: `${error.name}: ${message}`, stack };
  const { code, value, data } = error;
  return { message, code, value, data, stack };
}

/** The error again; its message already names the node, which is not added twice. */
export function errorFromMessage({ message, code, value, data, stack }: ErrorMessage): Error {
  const error = code ? new WgconvError(code, message, { value, data }) : new Error(message);
  if (stack) error.stack = stack;
  return error;
}
