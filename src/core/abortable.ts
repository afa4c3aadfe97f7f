/** Work that a signal ends. */

/**
 * Settles as `promise` does, or rejects with the signal's reason as soon as that is aborted;
 * `giveBack` gets what comes after that.
 */
export function abortable<T>(
  signal: AbortSignal | undefined,
  promise: Promise<T>,
  giveBack: (late: T) => unknown = () => {},
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      promise.then(giveBack).catch(() => {}); // nobody waits for it any more
    };
    const settled = () => signal.removeEventListener('abort', abort);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    promise.then(settled, settled);
    promise.then(resolve, reject);
  });
}
