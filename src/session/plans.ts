/** A graph with its plans, one for each set of input shapes: made when first needed, a few are kept. */

import { viewBytes } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import type { HostTensor, Tensor } from '../core/tensor.ts';
import type { GpuContext } from '../gpu/device.ts';
import type { Graph } from '../graph/graph.ts';
import { prepare, shapeInputs } from '../passes/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { Executable, Feeds, RunOptions } from './backend.ts';
import { type NodeReport, type PlanReport, reportPlan } from './report.ts';
import type { TunedGraph } from './tune/index.ts';
import type { Tuning } from './tune/tuning.ts';
import { type PlansOptions, planTuned } from './tuned.ts';
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

/** Work on a part of a model that is planned whole; it hands on the part's outputs. */
export type Visit = (compiled: Compiled, feeds: Feeds) => Promise<ReadonlyMap<string, Tensor>>;

/** Hears of a node that was computed between two parts. */
export type OnHostNode = (node: NodeReport, milliseconds: number) => void;

/** A graph that can be run: planned whole, or in stages where shapes depend on data. */
export interface PlannedGraph {
  /** Inputs whose values, as all shapes, must be known to plan; none where that comes in a run. */
  readonly shapeInputs: readonly string[];
  /** Plans what can be planned for the shapes alone. */
  compile(shapes: ReadonlyMap<string, readonly number[]>, signal?: AbortSignal): Promise<unknown>;
  run(feeds: Feeds, options: RunOptions): Promise<ReadonlyMap<string, Tensor>>;
  /**
   * Hands every part that is planned whole to `visit`, in order, with what it is fed; `onHostNode` hears
   * of the nodes between two parts.
   */
  visit(feeds: Feeds, visit: Visit, onHostNode?: OnHostNode): Promise<void>;
  report(): PlanReport;
  /** All choices that tuning knows; undefined with none. */
  tuning(): Tuning | undefined;
  dispose(): Promise<void>;
}

export class Plans implements PlannedGraph {
  readonly graph: Graph;
  readonly shapeInputs: readonly string[];
  readonly #options: PlansOptions;
  /** undefined on the `cpu` backend. */
  readonly #device: PlanDevice | undefined;
  readonly #compiled = new Map<string, Promise<Compiled>>();
  #latest: Compiled | undefined;

  constructor(graph: Graph, options: PlansOptions, device: PlanDevice | undefined) {
    this.graph = graph;
    this.shapeInputs = shapeInputs(graph);
    this.#options = options;
    this.#device = device;
  }

  get latest(): Compiled | undefined {
    return this.#latest;
  }

  async compileFor(feeds: Feeds, signal?: AbortSignal): Promise<Compiled> {
    const values: Record<string, HostTensor> = {};
    for (const name of this.shapeInputs) {
      const tensor = feeds.get(name) as Tensor;
      // A copy: the caller may write to the tensor's data while the plan lives.
      const bytes = viewBytes(await tensor.getData()).slice();
      values[name] = { type: tensor.type, dims: tensor.dims, bytes };
    }
    const shapes = new Map([...feeds].map(([name, { dims }]) => [name, dims]));
    return this.compile(shapes, signal, values);
  }

  compile(
    shapes: ReadonlyMap<string, readonly number[]>,
    signal?: AbortSignal,
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
      compiled = this.#build(shapes, values, signal);
      compiled.catch(() => this.#compiled.delete(key));
    }
    this.#compiled.set(key, compiled);
    return this.#trim(compiled);
  }

  async run(feeds: Feeds, options: RunOptions): Promise<ReadonlyMap<string, Tensor>> {
    return (await this.compileFor(feeds, options.signal)).executable.run(feeds, options);
  }

  async visit(feeds: Feeds, visit: Visit): Promise<void> {
    await visit(await this.compileFor(feeds), feeds);
  }

  report(): PlanReport {
    const compiled = this.#latest;
    if (!compiled) {
      throw new WgconvError(
        'invalid-argument',
        'nothing is planned yet: this model has symbolic shapes; call prepare({ input: dims }) or run() first',
      );
    }
    const { original, executable, tuned } = compiled;
    const report = reportPlan(original, executable);
    return { ...report, tuned: tuned?.problems ?? [], tuningNote: tuned?.note };
  }

  tuning(): Tuning | undefined {
    return this.#latest?.tuned?.tuning;
  }

  async dispose(): Promise<void> {
    for (const key of this.#compiled.keys()) await this.#drop(key);
  }

  async #trim(compiled: Promise<Compiled>): Promise<Compiled> {
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > planCacheSize && oldest !== undefined) await this.#drop(oldest);
    this.#latest = await compiled;
    return this.#latest;
  }

  async #drop(key: string): Promise<void> {
    const compiled = this.#compiled.get(key);
    this.#compiled.delete(key);
    const executable = (await compiled?.catch(() => undefined))?.executable;
    executable?.dispose();
    if (executable instanceof GpuExecutable) this.#release(executable.plan);
  }

  /** What was made for these shapes is of no use to others; the model's own weights stay. */
  #release({ weights }: Plan): void {
    const { constants } = this.graph;
    this.#device?.weights.release(
      weights,
      ({ made, constant }) => !made && constants.has(constant),
    );
  }

  async #build(
    shapes: ReadonlyMap<string, readonly number[]>,
    values: Readonly<Record<string, HostTensor>>,
    signal: AbortSignal | undefined,
  ): Promise<Compiled> {
    const { onProgress, disable } = this.#options;
    onProgress?.({ stage: 'prepare', done: 0, total: 1 });
    const { original, prepared } = await prepare(this.graph, Object.fromEntries(shapes), {
      disable,
      values,
    });
    signal?.throwIfAborted();
    onProgress?.({ stage: 'prepare', done: 1, total: 1 });
    if (!this.#device) {
      const { CpuExecutable } = await import('./cpu.ts');
      return { executable: await CpuExecutable.create(original, onProgress), original };
    }
    const { context, weights } = this.#device;
    const { plan, tuned } = await planTuned(context, prepared, original, {
      ...this.#options,
      signal,
    });
    signal?.throwIfAborted();
    const creating = GpuExecutable.create(context, plan, weights, { onProgress, signal });
    creating.catch(() => this.#release(plan));
    const executable = await creating;
    return { executable, original, tuned };
  }
}
