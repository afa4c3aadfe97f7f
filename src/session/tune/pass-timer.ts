/**
 * Timestamps around compute passes. Chrome quantises them to 100 µs, unless a flag unlocks finer ones;
 * the timer finds out.
 */

import type { GpuContext } from '../../gpu/device.ts';
import { createBuffer, destroy, hold } from '../../gpu/memory.ts';
import { readBuffer } from '../recorder.ts';

/** Chrome's step in nanoseconds, without a flag that unlocks finer ones. */
export const timestampStep = 100_000n;

/** WebGPU allows so many queries in a set. */
const queriesInSet = 4096;

/** Timestamps before and after each of a number of passes. */
export class PassTimer {
  readonly #context: GpuContext;
  readonly #sets: readonly GPUQuerySet[];
  readonly #resolved: GPUBuffer;
  readonly #read: GPUBuffer;
  /** Every timestamp so far was a multiple of Chrome's step. */
  #coarse = true;

  constructor(context: GpuContext, passes: number) {
    const { device } = context;
    this.#context = context;
    const sets = Math.max(1, Math.ceil((2 * passes) / queriesInSet));
    this.#sets = Array.from({ length: sets }, (_, at) => {
      const count = Math.max(2, Math.min(queriesInSet, 2 * passes - at * queriesInSet));
      return hold(device, device.createQuerySet({ type: 'timestamp', count }), 0);
    });
    const size = Math.max(2, 2 * passes) * 8;
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    this.#resolved = createBuffer(device, { size, usage });
    this.#read = readBuffer(device, size);
  }

  get quantised(): boolean {
    return this.#coarse;
  }

  around(pass: number): GPUComputePassTimestampWrites {
    const query = (2 * pass) % queriesInSet;
    return {
      querySet: this.#sets[Math.floor((2 * pass) / queriesInSet)] as GPUQuerySet,
      beginningOfPassWriteIndex: query,
      endOfPassWriteIndex: query + 1,
    };
  }

  /** Beginning and end of each pass in nanoseconds, when the GPU is done. */
  async read(passes: number): Promise<(readonly [bigint, bigint])[]> {
    if (passes === 0) return [];
    const { device } = this.#context;
    const encoder = device.createCommandEncoder();
    for (const [at, set] of this.#sets.entries()) {
      const count = Math.min(queriesInSet, 2 * passes - at * queriesInSet);
      if (count > 0) {
        encoder.resolveQuerySet(set, 0, count, this.#resolved, at * queriesInSet * 8);
      }
    }
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#read, 0, 16 * passes);
    device.queue.submit([encoder.finish()]);
    await this.#context.race(this.#read.mapAsync(GPUMapMode.READ));
    const times = new BigUint64Array(this.#read.getMappedRange(0, 16 * passes).slice(0));
    this.#read.unmap();
    if (times.some((time) => time % timestampStep !== 0n)) this.#coarse = false;
    return Array.from({ length: passes }, (_, pass) => [
      times[2 * pass] as bigint,
      times[2 * pass + 1] as bigint,
    ]);
  }

  dispose(): void {
    for (const kept of [...this.#sets, this.#resolved, this.#read]) destroy(kept);
  }
}
