/** Work that follows fast changes: one call at a time, and of those that wait only the latest. */

export interface LatestOnly<T> {
  /** Resolves when the work for this call, or for a later one that took its place, is done. */
  (argument: T): Promise<void>;
  /** Does something else between two calls: what came before is done, what comes later waits. */
  between(work: () => Promise<void>): Promise<void>;
  /** Resolves when all that was asked for so far is done, well or not. */
  settled(): Promise<void>;
}

export function latestOnly<T>(work: (argument: T) => Promise<void>): LatestOnly<T> {
  let tail: Promise<void> = Promise.resolve();
  let waiting: { argument: T; readonly done: Promise<void> } | undefined;

  const between = (next: () => Promise<void>): Promise<void> => {
    const done = tail.then(next);
    tail = done.catch(() => {});
    return done;
  };

  const call = (argument: T): Promise<void> => {
    if (waiting) {
      waiting.argument = argument;
      return waiting.done;
    }
    const own = { argument, done: Promise.resolve() };
    own.done = between(() => {
      waiting = undefined;
      return work(own.argument);
    });
    waiting = own;
    return own.done;
  };

  return Object.assign(call, { between, settled: () => tail });
}
