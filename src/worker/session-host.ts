/** The worker's side: its sessions, and what pages ask of them. */

import { type ProxyMethods, releaseProxy, transfer } from 'comlink';
import type { ActivationOptions } from '../session/activations.ts';
import type { OnProgress, Progress, RunOptions } from '../session/backend.ts';
import type { SessionOptions } from '../session/options.ts';
import type { ProfileOptions } from '../session/profile/index.ts';
import { InferenceSession, type PrepareOptions } from '../session/session.ts';
import type { TuningStore } from '../session/tune/tuning.ts';
import type { VerifyOptions } from '../session/verify.ts';
import type { Created, Outcome, PlainModel, Ticket } from './messages.ts';
import { toPlainError } from './plain-error.ts';
import { fromPlainTensors, type PlainTensors, toPlainTensors } from './plain-tensors.ts';

/** What a call has beside its arguments. */
interface Call {
  /** For its options; empty where the caller gave no signal. */
  readonly abortable: { readonly signal?: AbortSignal };
  /** Gets the memory of the answer that goes to the page without a copy. */
  readonly buffers: Set<ArrayBuffer>;
}

/** What a page may ask of a session, with plain data for what cannot cross as it is. */
const methods = {
  async run(
    session: InferenceSession,
    { abortable, buffers }: Call,
    feeds: PlainTensors,
    options: RunOptions,
  ) {
    const outputs = await session.run(fromPlainTensors(feeds), { ...options, ...abortable });
    return toPlainTensors(Object.entries(outputs), true, buffers);
  },

  async activations(
    session: InferenceSession,
    { abortable, buffers }: Call,
    feeds: PlainTensors,
    names: readonly string[] | undefined,
    options: ActivationOptions,
  ) {
    const all = { ...options, ...abortable };
    const values = await session.activations(fromPlainTensors(feeds), names, all);
    return toPlainTensors(Object.entries(values), true, buffers);
  },

  async profile(
    session: InferenceSession,
    { abortable }: Call,
    feeds: PlainTensors,
    options: ProfileOptions,
  ) {
    const profile = await session.profile(fromPlainTensors(feeds), { ...options, ...abortable });
    // A function stays here: what it would give goes along.
    return { profile, trace: profile.trace() };
  },

  verify: (
    session: InferenceSession,
    { abortable }: Call,
    feeds: PlainTensors,
    options: VerifyOptions,
  ) => session.verify(fromPlainTensors(feeds), { ...options, ...abortable }),

  prepare: (
    session: InferenceSession,
    { abortable }: Call,
    shapes: Readonly<Record<string, readonly number[]>>,
    options: PrepareOptions,
  ) => session.prepare(shapes, { ...options, ...abortable }),

  recover: (session: InferenceSession, _: Call) => session.recover(),

  report: (session: InferenceSession, _: Call) => session.report(),

  tuning: (session: InferenceSession, _: Call) => session.tuning(),
};

export type Method = keyof typeof methods;

/** What a method takes after the session and the call, and what comes of it. */
export type ArgumentsOf<M extends Method> =
  Parameters<(typeof methods)[M]> extends [InferenceSession, Call, ...infer Rest] ? Rest : never;
export type ResultOf<M extends Method> = Awaited<ReturnType<(typeof methods)[M]>>;

/** The page's function, which answers when the page has heard. */
export type FarProgress = (progress: Progress) => unknown;

/** A session, what its page knows of it and what it has of its page. */
interface Hosted {
  readonly session: InferenceSession;
  caps: InferenceSession['caps'];
  /** Settles when the page has heard of all progress so far. */
  readonly told: () => Promise<unknown>;
  readonly release: () => void;
}

/** Every method answers by a promise, so that the page's proxy has the same type. */
export class SessionHost {
  readonly #sessions = new Map<number, Hosted>();
  /** Calls that can be aborted. */
  readonly #running = new Map<number, AbortController>();
  #latest = 0;
  #lock: Promise<string | undefined> | undefined;

  /** Name of a lock that this worker holds as long as it lives; undefined where there are none. */
  hello(): Promise<string | undefined> {
    this.#lock ??= holdLock();
    return this.#lock;
  }

  create(
    ticket: Ticket,
    [model, options]: readonly [PlainModel, SessionOptions],
    onProgress: FarProgress | undefined,
    store: TuningStore | undefined,
  ): Promise<Outcome<Created>> {
    let told: unknown;
    const tell: OnProgress = (progress) => {
      told = onProgress?.(progress);
    };
    const release = () => {
      for (const far of [onProgress, store]) (far as Partial<ProxyMethods>)?.[releaseProxy]?.();
    };
    return this.#answer(ticket, async (abortable) => {
      try {
        const session = await InferenceSession.create(model, {
          ...options,
          ...abortable,
          ...(onProgress && { onProgress: tell }),
          ...(store && { tuning: localStore(store) }),
        });
        await told;
        const id = ++this.#latest;
        const { inputs, outputNames, backend, caps } = session;
        this.#sessions.set(id, { session, caps, told: async () => told, release });
        return { value: { id, inputs, outputNames, backend, caps } };
      } catch (error) {
        await told;
        release();
        throw error;
      }
    });
  }

  async call<M extends Method>(
    ticket: Ticket,
    id: number,
    method: M,
    args: ArgumentsOf<M>,
  ): Promise<Outcome<ResultOf<M>>> {
    const buffers: Call['buffers'] = new Set();
    const outcome = await this.#answer(ticket, async (abortable) => {
      const hosted = this.#hosted(id);
      const { session, caps, told } = hosted;
      const work = methods[method] as (...all: unknown[]) => ResultOf<M> | Promise<ResultOf<M>>;
      try {
        const value = await work(session, { abortable, buffers }, ...args);
        if (session.caps === caps) return { value };
        hosted.caps = session.caps;
        return { value, caps: session.caps };
      } finally {
        await told();
      }
    });
    return transfer(outcome, [...buffers]);
  }

  dispose(ticket: Ticket, id: number): Promise<Outcome<void>> {
    return this.#answer(ticket, async () => {
      const { session, release } = this.#hosted(id);
      this.#sessions.delete(id);
      await session.dispose();
      release();
      return { value: undefined };
    });
  }

  async abort(call: number): Promise<void> {
    this.#running.get(call)?.abort();
  }

  #hosted(id: number): Hosted {
    const hosted = this.#sessions.get(id);
    if (!hosted) throw new Error(`the worker has no session ${id}`);
    return hosted;
  }

  async #answer<T>(
    { call, abortable }: Ticket,
    work: (abortable: Call['abortable']) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const controller = new AbortController();
    if (abortable) this.#running.set(call, controller);
    try {
      return await work(abortable ? { signal: controller.signal } : {});
    } catch (error) {
      return { error: toPlainError(error) };
    } finally {
      this.#running.delete(call);
    }
  }
}

/** Comlink's proxies have every member; a store is known by those it has. */
function localStore(far: TuningStore): TuningStore {
  return { load: () => far.load(), save: (tuning) => far.save(tuning) };
}

/** No event tells a page that a worker is gone; a lock that is free again does. */
function holdLock(): Promise<string | undefined> {
  const { locks } = navigator as { readonly locks?: LockManager };
  // They are for secure contexts.
  if (!locks) return Promise.resolve(undefined);
  const name = `wgconv worker ${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const hold = () => {
      resolve(name);
      return new Promise<never>(() => {});
    };
    // In a sandboxed frame none is given.
    locks.request(name, hold).catch(() => resolve(undefined));
  });
}
