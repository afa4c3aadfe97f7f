/** Asks for a device after a loss: a browser whose GPU process has ended may need a moment. */

import { WgconvError } from '../core/errors.ts';

/** Milliseconds until there is an adapter again, until a request counts as forgotten, and between two. */
const patience = { recovery: 5_000, answer: 10_000, pause: 100 };

/**
 * @param request asks once, and gives nothing where there is no adapter
 * @throws WgconvError `no-webgpu` where none comes in time; what `request` throws at last
 */
export async function requestAgain<T>(request: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + patience.recovery;
  for (;;) {
    const isLast = performance.now() >= end;
    try {
      const found = await answered(request());
      if (found) return found;
    } catch (error) {
      if (isLast) throw error;
    }
    if (isLast) break;
    await new Promise((resolve) => setTimeout(resolve, patience.pause));
  }
  throw unavailable('offers no adapter');
}

function answered<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(unavailable('does not answer')), patience.answer);
    answer.then(resolve, reject).finally(() => clearTimeout(late));
  });
}

function unavailable(what: string): WgconvError {
  return new WgconvError(
    'no-webgpu',
    `WebGPU ${what} since the GPU was lost: reload the page, or restart the browser`,
  );
}
