/** The one error class of wgconv: every failure carries a code, where it happened and what to do next. */

export type ErrorCode =
  | 'invalid-model'
  | 'fetch-failed'
  | 'wrong-integrity'
  | 'unsupported-operator'
  | 'unsupported-type'
  | 'invalid-attribute'
  | 'invalid-shape'
  | 'missing-input'
  | 'unknown-input'
  | 'wrong-type'
  | 'wrong-shape'
  | 'invalid-image'
  | 'invalid-argument'
  | 'limit-exceeded'
  | 'out-of-range'
  | 'no-webgpu'
  | 'device-lost'
  | 'out-of-memory'
  | 'shader-error'
  | 'worker-failed'
  | 'disposed'
  | 'internal';

export interface ErrorDetails {
  /** Name of the node in the model, where the error belongs to one. */
  readonly node?: string | undefined;
  /** Operator of that node. */
  readonly operator?: string | undefined;
  /** Name of the graph value (input, output, weight) in question. */
  readonly value?: string | undefined;
  /** Plain data: shapes, limits, lists of unsupported operators. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
}

/** Thrown by everything in wgconv. `code` is stable; `message` says what is wrong and what to do. */
export class WgconvError extends Error {
  readonly code: ErrorCode;
  readonly node: string | undefined;
  readonly operator: string | undefined;
  readonly value: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const place = details.operator
      ? ` (${details.operator} node ${details.node ? `"${details.node}"` : 'without a name'})`
      : '';
    super(message + place, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'WgconvError';
    this.code = code;
    this.node = details.node;
    this.operator = details.operator;
    this.value = details.value;
    this.data = details.data ?? {};
  }
}

/**
 * The GPU device went away while work was in flight. The next call makes a new device, unless the
 * lost one was the caller's own.
 */
export class DeviceLostError extends WgconvError {
  /** @param isOwned wgconv made the device */
  constructor(reason: string, isOwned = true) {
    const why = reason.replace(/\.$/, '') || 'no reason given';
    super(
      'device-lost',
      `The GPU device was lost (${why}). ${
        isOwned
          ? 'Try again: a new device is made, and the model loaded onto it.'
          : 'It is the one you gave: create the session again with another.'
      }`,
    );
    this.name = 'DeviceLostError';
  }
}

/** An invariant of wgconv itself is broken: a defect of the engine, never of its input. */
export function internal(message: string): WgconvError {
  return new WgconvError('internal', `${message}. This is a defect of wgconv; please report it.`);
}
