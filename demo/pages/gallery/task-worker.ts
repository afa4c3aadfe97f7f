/** The page's side of the worker: one picture at a time, progress, and an end at any time. */

import { WgconvError } from '../../../src/core/errors.ts';
import type { Failure, Finished, Progress, Reply, Request } from './messages.ts';

export class TaskWorker {
  #worker: Worker | undefined;
  #latest = 0;
  #reject: ((reason: unknown) => void) | undefined;

  /**
   * Computes a picture, which is moved to the worker: its bytes are gone here. What still runs is
   * given up for it.
   * @throws WgconvError of the engine, or an `AbortError`
   */
  run(request: Omit<Request, 'id'>, onProgress: (progress: Progress) => void): Promise<Finished> {
    this.#giveUp();
    this.#worker ??= new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const worker = this.#worker;
    const id = ++this.#latest;
    return new Promise<Finished>((resolve, reject) => {
      this.#reject = reject;
      worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
        if (reply.id !== id) return;
        if (reply.kind === 'progress') onProgress(reply.progress);
        else if (reply.kind === 'finished') resolve(reply.finished);
        else reject(errorOf(reply.failure));
      };
      worker.onerror = ({ message }) => {
        reject(new Error(message || 'the worker did not start'));
        this.stop(); // it would never answer; the next run begins with another
      };
      worker.postMessage({ ...request, id } satisfies Request, [request.picture.data.buffer]);
    });
  }

  /** Ends what runs, at once. The next run loads the model again. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#giveUp();
  }

  #giveUp(): void {
    this.#reject?.(new DOMException('stopped', 'AbortError'));
  }
}

export const wasStopped = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';

function errorOf({ code, message, ...where }: Failure): Error {
  return code ? new WgconvError(code, message, where) : new Error(message);
}
