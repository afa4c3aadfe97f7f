/**
 * Memory for activations, one for all plans of a device: what a run leaves there, no other run needs.
 * Runs take turns, so that the plans together take about what the largest of them takes.
 */

import { createStorage, destroy } from './memory.ts';

/** A buffer so much larger than the plans that are left need goes back. */
const mostWaste = 1.25;

export interface Lease {
  /** Bytes of its buffers, the largest first. */
  readonly descending: readonly number[];
  /**
   * Takes a turn: nobody else uses the pool until `work` has submitted all it does there (a GPU
   * computes in the order of submissions). `work` is handed the buffers in the order in which they
   * were asked for; where they are other ones than the last time, it is another array, too.
   * @throws WgconvError `out-of-memory`
   */
  use<T>(work: (buffers: readonly GPUBuffer[]) => T | Promise<T>): Promise<T>;
  /** Its buffers go back, unless others need them. */
  release(): void;
}

/** Of a context. */
export interface PoolContext {
  readonly device: GPUDevice;
  /** Tells of a lack of memory. */
  guard<T>(what: string, make: () => T): Promise<T>;
}

export class BufferPool {
  readonly #context: PoolContext;
  readonly #leases = new Set<Lease>();
  /** The largest first: of every lease the largest buffer is the first one, and so on. */
  readonly #buffers: (GPUBuffer | undefined)[] = [];
  /** Counts changes of `#buffers`. */
  #version = 0;
  /** Buffers may be larger than what is left of the leases needs. */
  #isLoose = false;
  /** Ends with the turn of the last in the queue. */
  #turns: Promise<void> = Promise.resolve();
  /** Who has a turn or waits for one. */
  #users = 0;

  constructor(context: PoolContext) {
    this.#context = context;
  }

  /** A share in the pool: distinct buffers of at least these sizes, made when first used. */
  lease(sizes: readonly number[]): Lease {
    const order = sizes.map((_, index) => index);
    order.sort((a, b) => (sizes[b] as number) - (sizes[a] as number));
    const places = sizes.map((_, index) => order.indexOf(index));
    let known = -1;
    let buffers: readonly GPUBuffer[] = [];
    const lease: Lease = {
      descending: order.map((index) => Math.max(sizes[index] as number, 16)),
      use: (work) =>
        this.#inTurn(async () => {
          if (known !== this.#version) {
            await this.#provide(lease);
            known = this.#version;
            const now = places.map((place) => this.#buffers[place] as GPUBuffer);
            if (now.some((buffer, index) => buffer !== buffers[index])) buffers = now;
          }
          return work(buffers);
        }),
      release: () => {
        this.#leases.delete(lease);
        this.#isLoose = true;
        if (this.#users === 0) this.#trim();
      },
    };
    this.#leases.add(lease);
    return lease;
  }

  /** First come, first served. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turns;
    let end = () => {};
    this.#turns = new Promise((resolve) => {
      end = resolve;
    });
    this.#users++;
    await before;
    try {
      return await work();
    } finally {
      this.#users--;
      this.#trim();
      end();
    }
  }

  /** Makes what the lease lacks. Old buffers go first: both at once would be the most memory. */
  async #provide(lease: Lease): Promise<void> {
    const { device } = this.#context;
    const lacking = lease.descending.flatMap((size, index) =>
      (this.#buffers[index]?.size ?? 0) < size ? [index] : [],
    );
    if (lacking.length === 0) return;
    this.#leases.add(lease);
    for (const index of lacking) this.#drop(index);
    try {
      await this.#context.guard('the activations', () => {
        for (const index of lacking) {
          this.#buffers[index] = createStorage(device, `activations ${index}`, this.#needed(index));
        }
      });
    } catch (error) {
      for (const index of lacking) this.#drop(index);
      lease.release(); // the others make do with less
      throw error;
    }
  }

  /** Gives back what is not needed; only between two turns. */
  #trim(): void {
    if (!this.#isLoose) return;
    this.#isLoose = false;
    for (const [index, buffer] of this.#buffers.entries()) {
      if (buffer && buffer.size > mostWaste * this.#needed(index)) this.#drop(index);
    }
  }

  /** The most bytes that a lease needs there. */
  #needed(index: number): number {
    return Math.max(0, ...Array.from(this.#leases, ({ descending }) => descending[index] ?? 0));
  }

  #drop(index: number): void {
    const buffer = this.#buffers[index];
    if (buffer) destroy(buffer);
    this.#buffers[index] = undefined;
    this.#version++;
  }
}
