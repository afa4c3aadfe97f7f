/**
 * A page's side of one worker: calls that settle whatever becomes of the worker, and its end with its
 * last session. The messages are Comlink's; a promise of Comlink whose worker is gone stays open, so
 * every call here also waits for that.
 */

import { wrap } from 'comlink';
import { WgconvError } from '../core/errors.ts';
import { insist } from '../core/refuse-unknown.ts';
import { type Outcome, readyMessage, type Ticket } from './messages.ts';
import { fromPlainError } from './plain-error.ts';
import type { SessionHost } from './session-host.ts';
import { startWorker } from './start-worker.ts';

/** The host's own types: Comlink's are less exact, and all of its methods give promises already. */
type RemoteHost = Pick<SessionHost, keyof SessionHost>;

/** For a worker's script to be there and answer: it may come over a slow line, to a slow machine. */
const mostSecondsToStart = 30;

/** The worker of all sessions that are given none. */
let shared: Connection | undefined;

/**
 * One for each worker: a proxy of Comlink's that is collected tells the worker to stop listening, to
 * the others, too.
 */
const known = new WeakMap<Worker, Connection>();

export class Connection {
  readonly #worker: Worker;
  /** Started here, to end with its last session. */
  readonly #isOwned: boolean;
  readonly #remote: RemoteHost;
  readonly #ready: Promise<void>;
  /** Calls in flight, by what ends them. */
  readonly #waiting = new Set<(error: unknown) => void>();
  #error: WgconvError | undefined;
  #calls = 0;
  #sessions = 0;

  private constructor(worker: Worker, isOwned: boolean) {
    this.#worker = worker;
    this.#isOwned = isOwned;
    this.#remote = wrap<SessionHost>(worker) as unknown as RemoteHost;
    worker.addEventListener('error', (event) => {
      if (this.#waiting.size > 0) event.preventDefault(); // they tell
      this.#fail(
        event.message
          ? `has an error that nobody caught: ${event.message}`
          : 'does not start: its script cannot be loaded (is it where the page asks for it, and does the ' +
              "page's Content-Security-Policy allow it in worker-src?)",
      );
    });
    worker.addEventListener('messageerror', () => this.#fail('sent what cannot be read'));
    this.#ready = this.#greet();
    this.#ready.catch(() => {}); // who waits for it is told
  }

  /**
   * The connection to a worker, or to the one that all sessions share that are given none.
   * Each `open` is answered by one `close`.
   */
  static open(worker: Worker | undefined): Connection {
    insist(
      !worker || 'postMessage' in Object(worker),
      'worker takes a Worker, such as startWorker() gives',
    );
    const connection = worker ? Connection.#of(worker) : Connection.#shared();
    connection.#sessions++;
    return connection;
  }

  static #of(worker: Worker): Connection {
    const connection = known.get(worker) ?? new Connection(worker, false);
    known.set(worker, connection);
    return connection;
  }

  static #shared(): Connection {
    shared ??= new Connection(startWorker(), true);
    return shared;
  }

  /** A session is gone. The worker goes with the last one, unless it is the caller's. */
  close(): void {
    if (--this.#sessions === 0 && this.#isOwned) this.#fail('was ended with its last session');
  }

  /**
   * Calls the worker once it is there.
   * @param signal ends the call: it rejects with the signal's reason at once
   * @param giveBack gets what comes after that
   * @throws WgconvError `worker-failed` where the worker does not start, or is gone
   */
  async call<T>(
    signal: AbortSignal | undefined,
    send: (remote: RemoteHost, ticket: Ticket) => Promise<Outcome<T>>,
    giveBack: (late: T) => void = () => {},
  ): Promise<Answer<T>> {
    signal?.throwIfAborted();
    if (this.#error) throw this.#error;
    const ticket = { call: ++this.#calls, abortable: signal !== undefined };
    return new Promise((resolve, reject) => {
      const end = (error: unknown) => {
        settled();
        reject(error);
      };
      const abort = () => {
        this.#remote.abort(ticket.call);
        end(signal?.reason);
      };
      const settled = () => {
        this.#waiting.delete(end);
        signal?.removeEventListener('abort', abort);
      };
      this.#waiting.add(end);
      signal?.addEventListener('abort', abort);
      const answer = async () => {
        await this.#ready;
        if (!this.#waiting.has(end)) return;
        const outcome = await send(this.#remote, ticket);
        if ('error' in outcome) end(fromPlainError(outcome.error));
        else if (this.#waiting.has(end)) {
          settled();
          resolve(outcome);
        } else giveBack(outcome.value);
      };
      answer().catch((error: unknown) => end(unsendable(error) ?? error));
    });
  }

  /** Waits for the worker's script, and learns how to see the worker's end. */
  async #greet(): Promise<void> {
    const { promise, reject, resolve } = deferred<string | undefined>();
    const ask = () => this.#remote.hello().then(resolve, reject);
    // The first question is lost where the script is loaded after the worker has started.
    const hear = ({ data }: MessageEvent<unknown>) => {
      if (data === readyMessage) ask();
    };
    this.#waiting.add(reject);
    this.#worker.addEventListener('message', hear);
    ask();
    // Seconds in which the page itself could have heard: not those in which it was held up or asleep.
    let seconds = 0;
    const clock = setInterval(() => {
      if (++seconds < mostSecondsToStart) return;
      this.#fail(
        `does not answer: its script must have the line "import 'wgconv/worker-main'", and be there within ${mostSecondsToStart} s`,
      );
    }, 1000);
    try {
      const lock = await promise;
      if (lock === undefined) return;
      const gone = () => this.#fail('is gone: it was terminated, closed itself or crashed');
      navigator.locks.request(lock, gone).catch(() => {});
    } finally {
      clearInterval(clock);
      this.#waiting.delete(reject);
      this.#worker.removeEventListener('message', hear);
    }
  }

  #fail(what: string): void {
    if (this.#error) return;
    const error = new WgconvError(
      'worker-failed',
      `the worker ${what}. Its sessions are gone; create them again.`,
    );
    this.#error = error;
    if (this.#isOwned) this.#worker.terminate();
    if (shared === this) shared = undefined;
    for (const end of [...this.#waiting]) end(error);
  }
}

export type Answer<T> = Extract<Outcome<T>, { readonly value: T }>;

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

/** What structured clone says of an argument, as an error of the caller's. */
function unsendable(error: unknown): WgconvError | undefined {
  if (!(error instanceof DOMException && error.name === 'DataCloneError')) return undefined;
  return new WgconvError(
    'invalid-argument',
    `what was given cannot be sent to the worker: ${error.message}`,
    { cause: error },
  );
}
