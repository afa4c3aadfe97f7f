/**
 * Times dispatches on the GPU: by timestamp queries where the device has them, else by waiting for
 * the queue. Either clock may be coarse (Chrome quantises timestamps to 100 µs, and looks for
 * finished work every 2 ms), so that work is repeated until many steps of it have passed.
 */

import type { GpuContext } from '../../gpu/device.ts';
import type { ReadyDispatch } from '../recorder.ts';
import type { GpuExecutable } from '../webgpu.ts';
import { PassTimer, timestampStep } from './pass-timer.ts';

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

const leastSteps = 20;
const queueStep = 1e-3;
const mostRepeats = 4096;

export class Stopwatch {
  readonly #context: GpuContext;
  /** Where the device has timestamps. */
  readonly #timer: PassTimer | undefined;
  #timed = false;

  constructor(context: GpuContext) {
    this.#context = context;
    if (context.caps.timestamps) this.#timer = new PassTimer(context, 1);
  }

  get quantised(): boolean {
    return this.#timed && (this.#timer?.quantised ?? true);
  }

  /** How often the work must run to be seen by the clock. */
  async repeats(work: TimedWork): Promise<number> {
    const step = this.#timer ? Number(timestampStep) / 1e9 : queueStep;
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
    const timer = this.#timer;
    const pass = encoder.beginComputePass(timer && { timestampWrites: timer.around(0) });
    for (let run = 0; run < repeats; run++) {
      for (const [{ pipeline, group }, [x, y, z]] of dispatches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(x, y, z);
      }
    }
    pass.end();
    const begin = performance.now();
    device.queue.submit([encoder.finish()]);
    this.#timed = true;
    if (!timer) {
      await this.#context.race(device.queue.onSubmittedWorkDone());
      return (performance.now() - begin) / 1000 / repeats;
    }
    const [[from, to] = [0n, 0n]] = await timer.read(1);
    return Number(to - from) / 1e9 / repeats;
  }

  dispose(): void {
    this.#timer?.dispose();
  }
}
