/**
 * Times dispatches on the GPU: by timestamp queries where the device has them, else by waiting for
 * the queue. Either clock may be coarse (Chrome quantises timestamps to 100 µs, and looks for
 * finished work every 2 ms), so that work is repeated until many steps of it have passed.
 */

import type { GpuContext } from '../../gpu/device.ts';
import type { ReadyDispatch } from '../recorder.ts';
import type { GpuExecutable } from '../webgpu.ts';

export interface TimedWork {
  readonly dispatches: readonly (readonly [ReadyDispatch, readonly [number, number, number]])[];
}

/** What a node of the plan dispatches, to be timed by itself. */
export function workOf({ plan, bindings }: GpuExecutable, node: number): TimedWork {
  const dispatches = plan.steps.flatMap((step, index) =>
    step.kind === 'dispatch' && step.node === node
      ? [[bindings.ready(index, new Map()), step.dispatch.workgroups] as const]
      : [],
  );
  return { dispatches };
}

/** Chrome's step, in seconds, without a flag that unlocks finer ones. */
const timestampStep = 100e-6;
const leastSteps = 20;
const queueStep = 1e-3;
const mostRepeats = 4096;

export class Stopwatch {
  readonly #context: GpuContext;
  readonly #queries: GPUQuerySet | undefined;
  readonly #resolved: GPUBuffer | undefined;
  readonly #read: GPUBuffer | undefined;
  /** Every timestamp so far was a multiple of Chrome's step. */
  #coarse = true;
  #timed = false;

  constructor(context: GpuContext) {
    this.#context = context;
    if (!context.caps.timestamps) return;
    const { device } = context;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: 2 });
    this.#resolved = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    this.#read = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  get quantised(): boolean {
    return this.#timed && (this.#queries === undefined || this.#coarse);
  }

  /** How often the work must run to be seen by the clock. */
  async repeats(work: TimedWork): Promise<number> {
    const step = this.#queries ? timestampStep : queueStep;
    await this.seconds(work, 1); // the driver's own compilation
    for (let repeats = 1; ; repeats *= 2) {
      const seconds = (await this.seconds(work, repeats)) * repeats;
      if (seconds >= leastSteps * step || repeats >= mostRepeats) return repeats;
      // Most of the way at once.
      if (seconds > 0)
        repeats = Math.min(
          repeats * Math.max(1, Math.floor((leastSteps * step) / seconds / 2)),
          mostRepeats / 2,
        );
    }
  }

  /** Seconds of one run, over `repeats` of them in one pass. */
  async seconds({ dispatches }: TimedWork, repeats: number): Promise<number> {
    const { device } = this.#context;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass(
      this.#queries && {
        timestampWrites: {
          querySet: this.#queries,
          beginningOfPassWriteIndex: 0,
          endOfPassWriteIndex: 1,
        },
      },
    );
    for (let run = 0; run < repeats; run++) {
      for (const [{ pipeline, group }, [x, y, z]] of dispatches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(x, y, z);
      }
    }
    pass.end();
    if (this.#queries && this.#resolved && this.#read) {
      encoder.resolveQuerySet(this.#queries, 0, 2, this.#resolved, 0);
      encoder.copyBufferToBuffer(this.#resolved, 0, this.#read, 0, 16);
    }
    const begin = performance.now();
    device.queue.submit([encoder.finish()]);
    this.#timed = true;
    if (!this.#read) {
      await this.#context.race(device.queue.onSubmittedWorkDone());
      return (performance.now() - begin) / 1000 / repeats;
    }
    await this.#context.race(this.#read.mapAsync(GPUMapMode.READ));
    const [from = 0n, to = 0n] = new BigUint64Array(this.#read.getMappedRange().slice(0));
    this.#read.unmap();
    const nanoseconds = Number(to - from);
    if (nanoseconds % 100_000 !== 0) this.#coarse = false;
    return nanoseconds / 1e9 / repeats;
  }

  dispose(): void {
    this.#queries?.destroy();
    this.#resolved?.destroy();
    this.#read?.destroy();
  }
}
