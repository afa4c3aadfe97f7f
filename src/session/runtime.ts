/** What a session has on one device: its plans, weights and values inside. It goes with the device. */

import { WgconvError } from '../core/errors.ts';
import { isStatic } from '../core/shape.ts';
import { GpuContext } from '../gpu/device.ts';
import type { Activations } from './activations.ts';
import type { LoadedModel } from './load-model.ts';
import type { SessionOptions } from './options.ts';
import { planGraph } from './plan-graph.ts';
import type { PlanDevice, PlannedGraph } from './plans.ts';
import { WeightStore } from './weights.ts';

export class Runtime {
  /** undefined on the `cpu` backend. */
  readonly device: PlanDevice | undefined;
  readonly planned: PlannedGraph;
  readonly #model: LoadedModel;
  readonly #options: SessionOptions;
  #activations: Activations | undefined;
  #isDisposed = false;

  private constructor(
    model: LoadedModel,
    planned: PlannedGraph,
    options: SessionOptions,
    device: PlanDevice | undefined,
  ) {
    this.#model = model;
    this.planned = planned;
    this.#options = options;
    this.device = device;
  }

  /**
   * A model whose shapes are all known is planned at once.
   * @param context taken over: it is released with the runtime, or when this fails
   * @param signal ends planning: rejects with its reason
   */
  static async create(
    model: LoadedModel,
    options: SessionOptions,
    context: GpuContext | undefined,
    signal?: AbortSignal,
  ): Promise<Runtime> {
    const { graph } = model;
    const device = context && { context, weights: new WeightStore(context) };
    let runtime: Runtime | undefined;
    try {
      const planned = await planGraph(graph, options, device);
      runtime = new Runtime(model, planned, options, device);
      signal?.throwIfAborted();
      if (graph.inputs.every(isStatic) && planned.shapeInputs.length === 0) {
        const shapes = graph.inputs.map(({ name, dims }) => [name, dims as number[]] as const);
        await runtime.race(planned.compile(new Map(shapes), signal));
      }
      return runtime;
    } catch (error) {
      if (runtime) await runtime.dispose();
      else context?.release();
      throw error;
    }
  }

  get isLost(): boolean {
    return !!this.device?.context.isLost;
  }

  /** @throws DeviceLostError */
  throwIfLost(): void {
    this.device?.context.throwIfLost();
  }

  /** Whatever waits for the device, knowingly or not, ends with it. */
  race<T>(work: Promise<T>): Promise<T> {
    return this.device?.context.race(work, 0) ?? work;
  }

  /**
   * The same on a new device, which all sessions that had the lost one come to share.
   * @throws DeviceLostError where the lost device was the caller's
   */
  async revive(): Promise<Runtime> {
    const { gpu, tune } = this.#options;
    if (gpu?.device) this.throwIfLost();
    await this.dispose();
    const options = {
      ...this.#options,
      // What `full` has found is taken as it is.
      tune: tune === 'full' ? 'cached' : tune,
      tuning: this.planned.tuning() ?? this.#options.tuning,
    } as const;
    return Runtime.create(this.#model, options, await GpuContext.acquire(gpu));
  }

  /** Plans of the model with values inside it as outputs. */
  async activations(): Promise<Activations> {
    const { Activations } = await import('./activations.ts');
    this.#activations ??= new Activations(this.#model.original, this.#options, this.device);
    return this.#activations;
  }

  /** Gives all GPU memory back; that of a lost device is gone. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    try {
      // A plan that is still being made is waited for, but not on a lost device.
      await this.race(Promise.all([this.planned.dispose(), this.#activations?.dispose()]));
    } catch (error) {
      if (!this.isLost) throw error;
    } finally {
      this.device?.weights.dispose();
      this.device?.context.release();
    }
  }
}

/** @returns undefined where the session computes on the CPU */
export async function createContext(options: SessionOptions): Promise<GpuContext | undefined> {
  const { backend = 'webgpu' } = options;
  if (backend === 'cpu') return undefined;
  try {
    return await GpuContext.acquire(options.gpu);
  } catch (error) {
    if (backend === 'auto' && error instanceof WgconvError && error.code === 'no-webgpu') {
      return undefined;
    }
    throw error;
  }
}
