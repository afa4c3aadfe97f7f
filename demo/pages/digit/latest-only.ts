/** Work that follows fast changes: while one call runs, only the latest of the others waits. */

/**
 * The function that it gives resolves when the work for its call, or for a later call that took its
 * place, is done.
 */
export function latestOnly<T>(
  work: (argument: T) => Promise<void>,
): (argument: T) => Promise<void> {
  let running: Promise<void> | undefined;
  let waiting: { argument: T } | undefined;

  async function drain(): Promise<void> {
    try {
      while (waiting) {
        const { argument } = waiting;
        waiting = undefined;
        await work(argument);
      }
    } finally {
      running = undefined;
    }
  }

  return (argument) => {
    waiting = { argument };
    running ??= drain();
    return running;
  };
}
