/** Long work on a page's thread gives it back now and then: nothing is held up for 50 ms. */

/** A long task is one of 50 ms; what comes between two breaths adds to this. */
const mostMilliseconds = 10;

let last = 0;

/**
 * Between two pieces of work: lets the page's other tasks run, where some time has passed since the
 * last time.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - last < mostMilliseconds) return;
  await nextTask();
  last = performance.now();
}

/** `setTimeout` would wait for 4 ms. */
function nextTask(): Promise<void> {
  const { scheduler } = globalThis as {
    readonly scheduler?: { readonly yield?: () => Promise<void> };
  };
  if (scheduler?.yield) return scheduler.yield();
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close(); // an open one keeps Node alive
      resolve();
    };
    port2.postMessage(undefined);
  });
}
