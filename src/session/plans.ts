/** A graph with its plans, one for each set of input shapes: made when first needed, a few are kept. */

import { viewBytes } from '../core/dtype.ts';
import type { HostTensor, Tensor } from '../core/tensor.ts';
import type { GpuContext } from '../gpu/device.ts';
import type { Graph } from '../graph/graph.ts';
import { prepare, shapeInputs } from '../passes/index.ts';
import type { Executable, Feeds } from './backend.ts';
import type { SessionOptions } from './options.ts';
import type { TunedGraph } from './tune/index.ts';
import { planTuned } from './tuned.ts';
import { GpuExecutable } from './webgpu.ts';
import type { WeightStore } from './weights.ts';

/** Plans kept for different input shapes; the oldest goes first. */
const planCacheSize = 4;

export interface Compiled {
  readonly executable: Executable;
  /** The specialised graph before fusion. */
  readonly original: Graph;
  readonly tuned?: TunedGraph | undefined;
}

/** The device of a session and what it keeps there for all of its plans. */
export interface PlanDevice {
  readonly context: GpuContext;
  readonly weights: WeightStore;
}

export class Plans {
  readonly graph: Graph;
  /** Inputs whose values a plan depends on, as it does on all shapes: each value has its plan. */
  readonly shapeInputs: readonly string[];
  readonly #options: SessionOptions;
  /** undefined on the `cpu` backend. */
  readonly #device: PlanDevice | undefined;
  readonly #compiled = new Map<string, Promise<Compiled>>();
  #latest: Compiled | undefined;

  constructor(graph: Graph, options: SessionOptions, device: PlanDevice | undefined) {
    this.graph = graph;
    this.shapeInputs = shapeInputs(graph);
    this.#options = options;
    this.#device = device;
  }

  get latest(): Compiled | undefined {
    return this.#latest;
  }

  async compileFor(feeds: Feeds): Promise<Compiled> {
    const values: Record<string, HostTensor> = {};
    for (const name of this.shapeInputs) {
      const tensor = feeds.get(name) as Tensor;
      // A copy: the caller may write to the tensor's data while the plan lives.
      const bytes = viewBytes(await tensor.getData()).slice();
      values[name] = { type: tensor.type, dims: tensor.dims, bytes };
    }
    return this.compile(new Map([...feeds].map(([name, { dims }]) => [name, dims])), values);
  }

  compile(
    shapes: ReadonlyMap<string, readonly number[]>,
    values: Readonly<Record<string, HostTensor>> = {},
  ): Promise<Compiled> {
    const key = [
      ...[...shapes].map(([name, dims]) => `${name}:${dims.join('x')}`),
      ...Object.entries(values).map(([name, { bytes }]) => `${name}=${bytes.join()}`),
    ].join(';');
    let compiled = this.#compiled.get(key);
    if (compiled) {
      // Most recently used last.
      this.#compiled.delete(key);
    } else {
      compiled = this.#build(shapes, values);
      compiled.catch(() => this.#compiled.delete(key));
    }
    this.#compiled.set(key, compiled);
    return this.#trim(compiled);
  }

  async dispose(): Promise<void> {
    for (const compiled of this.#compiled.values()) {
      await compiled.then(({ executable }) => executable.dispose()).catch(() => {});
    }
    this.#compiled.clear();
  }

  async #trim(compiled: Promise<Compiled>): Promise<Compiled> {
    if (this.#compiled.size > planCacheSize) {
      const [oldest] = this.#compiled;
      if (oldest) {
        this.#compiled.delete(oldest[0]);
        const executable = (await oldest[1].catch(() => undefined))?.executable;
        executable?.dispose();
        // What was made for these shapes is of no use to others; the model's own weights stay.
        if (executable instanceof GpuExecutable) {
          const { constants } = this.graph;
          this.#device?.weights.release(
            executable.plan.weights,
            ({ made, constant }) => !made && constants.has(constant),
          );
        }
      }
    }
    this.#latest = await compiled;
    return this.#latest;
  }

  async #build(
    shapes: ReadonlyMap<string, readonly number[]>,
    values: Readonly<Record<string, HostTensor>>,
  ): Promise<Compiled> {
    const { onProgress, disable } = this.#options;
    onProgress?.({ stage: 'prepare', done: 0, total: 1 });
    const { original, prepared } = await prepare(this.graph, Object.fromEntries(shapes), {
      disable,
      values,
    });
    onProgress?.({ stage: 'prepare', done: 1, total: 1 });
    if (!this.#device) {
      const { CpuExecutable } = await import('./cpu.ts');
      return { executable: await CpuExecutable.create(original, onProgress), original };
    }
    const { context, weights } = this.#device;
    const { plan, tuned } = await planTuned(context, prepared, original, this.#options);
    const executable = await GpuExecutable.create(context, plan, weights, onProgress);
    return { executable, original, tuned };
  }
}
