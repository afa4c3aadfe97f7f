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
   */
  static async create(
    model: LoadedModel,
    options: SessionOptions,
    context: GpuContext | undefined,
  ): Promise<Runtime> {
    const { graph } = model;
    const device = context && { context, weights: new WeightStore(context) };
    const planned = await planGraph(graph, options, device);
    const runtime = new Runtime(model, planned, options, device);
    try {
      if (graph.inputs.every(isStatic) && planned.shapeInputs.length === 0) {
        const shapes = graph.inputs.map(({ name, dims }) => [name, dims as number[]] as const);
        await planned.compile(new Map(shapes));
      }
    } catch (error) {
      await runtime.dispose();
      throw error;
    }
    return runtime;
  }

  /** Plans of the model with values inside it as outputs. */
  async activations(): Promise<Activations> {
    const { Activations } = await import('./activations.ts');
    this.#activations ??= new Activations(this.#model.original, this.#options, this.device);
    return this.#activations;
  }

  /** Gives all GPU memory back. */
  async dispose(): Promise<void> {
    await this.planned.dispose();
    await this.#activations?.dispose();
    this.device?.weights.dispose();
    this.device?.context.release();
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
