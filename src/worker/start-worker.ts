/** Starts the script that computes for `WorkerSession`. */

import { WgconvError } from '../core/errors.ts';

/**
 * A worker for the option `worker` of `WorkerSession.create`. Who starts it ends it, by `terminate()`.
 * @throws WgconvError `worker-failed` where the host has no workers, or the page may not start this one
 */
export function startWorker(): Worker {
  if (typeof Worker === 'undefined') {
    throw new WgconvError(
      'worker-failed',
      'this host has no Worker, as browsers have it; use InferenceSession here',
    );
  }
  try {
    // Bundlers know this expression as it is written, and make a file of what it names.
    return new Worker(new URL('./worker-main.ts', import.meta.url), { type: 'module' });
  } catch (cause) {
    throw new WgconvError(
      'worker-failed',
      `the browser does not start the worker (${cause instanceof Error ? cause.message : cause}); a worker's ` +
        'script must come from the origin of the page, else give a { worker } that imports wgconv/worker-main',
      { cause },
    );
  }
}
