/** What a page and its worker say to each other, beside tensors and errors. */

import type { Graph, ValueInfo } from '../graph/graph.ts';
import type { InferenceSession } from '../session/session.ts';
import type { PlainError } from './plain-error.ts';

/** The worker's first words. */
export const readyMessage = 'wgconv worker ready';

/** How a call is known, for `abort`. */
export interface Ticket {
  readonly call: number;
  /** The caller gave a signal. */
  readonly abortable: boolean;
}

/** What came of a call. */
export type Outcome<T> =
  | {
      readonly value: T;
      /** Where they are others than before: the session has a new device. */
      readonly caps?: InferenceSession['caps'];
    }
  | { readonly error: PlainError };

/** A new session, by what its page is told of it. */
export interface Created {
  readonly id: number;
  readonly inputs: readonly ValueInfo[];
  readonly outputNames: readonly string[];
  readonly backend: InferenceSession['backend'];
  readonly caps: InferenceSession['caps'];
}

/** An absolute address, bytes, or a graph whose constants are plain. */
export type PlainModel = string | Uint8Array | Graph;
