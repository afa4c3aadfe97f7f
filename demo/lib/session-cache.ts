/** Sessions by configuration, so that going back to one costs nothing; the oldest are disposed of. */

import type { Graph, InferenceSession } from '../../src/index.ts';

export class SessionCache {
  readonly #sessions = new Map<string, Promise<InferenceSession>>();
  readonly #open: (graph: Graph) => Promise<InferenceSession>;
  readonly #limit: number;
  #disposed = false;

  constructor(open: (graph: Graph) => Promise<InferenceSession>, limit = 12) {
    this.#open = open;
    this.#limit = limit;
  }

  /** The session of a configuration, which `key` names; its graph is made when it is not there. */
  get(key: string, graph: () => Promise<Graph>): Promise<InferenceSession> {
    // Work that was still waiting when the page was left shall open nothing that nobody closes.
    if (this.#disposed) return Promise.reject(new Error('the page was left'));
    const found = this.#sessions.get(key);
    this.#sessions.delete(key);
    const session = found ?? graph().then(this.#open);
    this.#sessions.set(key, session); // the latest is the last
    session.catch(() => this.#sessions.delete(key));
    for (const [oldest, late] of this.#sessions) {
      if (this.#sessions.size <= this.#limit) break;
      this.#sessions.delete(oldest);
      giveBack(late);
    }
    return session;
  }

  dispose(): void {
    this.#disposed = true;
    for (const session of this.#sessions.values()) giveBack(session);
    this.#sessions.clear();
  }
}

function giveBack(session: Promise<InferenceSession>): void {
  session.then((opened) => opened.dispose()).catch(() => {});
}

/** What a session depends on, as a key, whatever the order of its properties. */
export function shapeKey(shape: object): string {
  return JSON.stringify(Object.entries(shape).sort(([a], [b]) => (a < b ? -1 : 1)));
}
