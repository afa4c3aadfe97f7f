/** A model on its way: its progress as an async iterator, and the session that comes of it. */

import type { OnProgress, Progress } from './backend.ts';

/**
 * ```ts
 * const loading = InferenceSession.load('model.onnx');
 * for await (const { stage, done, total } of loading) console.log(stage, done, total);
 * const session = await loading.session;
 * ```
 *
 * Who listens slowly gets the latest of each stage. Leaving the loop leaves the load alone: the
 * option `signal` ends it. What fails rejects both.
 */
export class Loading<Session> implements AsyncIterable<Progress> {
  readonly session: Promise<Session>;
  /** The latest of each stage, with its place in the order of all. */
  readonly #latest = new Map<Progress['stage'], readonly [place: number, progress: Progress]>();
  /** Loops that wait for the next one, or the end. */
  readonly #waiting = new Set<() => void>();
  #ended = false;

  /** @param alsoTold hears of every piece of progress before the loops do */
  constructor(create: (onProgress: OnProgress) => Promise<Session>, alsoTold?: OnProgress) {
    let place = 0;
    const wake = () => {
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
    };
    const tell: OnProgress = (progress) => {
      alsoTold?.(progress);
      this.#latest.delete(progress.stage);
      this.#latest.set(progress.stage, [++place, progress]);
      wake();
    };
    // What is no function is refused where options are checked.
    this.session = create(
      typeof (alsoTold ?? tell) === 'function' ? tell : (alsoTold as OnProgress),
    );
    const end = () => {
      this.#ended = true;
      wake();
    };
    this.session.then(end, end);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Progress, void, undefined> {
    let seen = 0;
    for (;;) {
      // The map is in their order.
      const found = [...this.#latest.values()].find(([place]) => place > seen);
      if (found) {
        seen = found[0];
        yield found[1];
      } else if (this.#ended) {
        await this.session; // its error is this loop's
        return;
      } else {
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    }
  }
}
