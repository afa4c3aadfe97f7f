/** The `webgpu` backend: a plan with its buffers, bind groups and pipelines, made once, run often. */

import { internal } from '../core/errors.ts';
import { fromReference } from '../core/reference.ts';
import { sizeOf } from '../core/shape.ts';
import { elementsOf, type HostTensor, Tensor } from '../core/tensor.ts';
import { BufferPool, type Lease } from '../gpu/buffer-pool.ts';
import type { GpuContext } from '../gpu/device.ts';
import { createStorage, destroy } from '../gpu/memory.ts';
import { hostNodes, nodeOf, plannedValue } from '../plan/lookup.ts';
import { pausesOf } from '../plan/pauses.ts';
import type { Plan, Step } from '../plan/plan.ts';
import {
  type Executable,
  type Feeds,
  type OnProgress,
  type RunOptions,
  wantedOutputs,
} from './backend.ts';
import { Bindings } from './bindings.ts';
import { type References, referenceLookup } from './evaluate.ts';
import type { IndexChecks } from './fed-indices.ts';
import { type LoadedPlan, loadPlan } from './load-plan.ts';
import { Recorder, readBuffer } from './recorder.ts';
import {
  checkedBytes,
  downloadInput,
  isBindable,
  refused,
  residentTensor,
} from './shared-buffers.ts';
import { type WeightStore, writeBytes } from './weights.ts';
import { fromDeviceBytes, toDeviceBytes } from './words.ts';

interface CreateOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where activations are, for who binds them outside of `run`; by default in all plans' pool. */
  readonly pool?: BufferPool | undefined;
}

export class GpuExecutable implements Executable {
  readonly plan: Plan;
  readonly context: GpuContext;
  readonly bindings: Bindings;
  /** What host nodes read. */
  readonly readOnHost: ReadonlySet<string>;
  readonly #references: References;
  readonly #staging: ReadonlyMap<string, GPUBuffer>;
  /** Its share of the memory that plans have in common. */
  #activations: Lease;
  /** Outputs that a caller keeps on the GPU: made when first asked for, overwritten by each run. */
  readonly #resident = new Map<string, GPUBuffer>();
  /** Callers' buffers that WebGPU has taken in an earlier run. */
  readonly #taken = new WeakSet<GPUBuffer>();
  /** What the host writes to GPU memory. */
  readonly #uploaded: ReadonlySet<string>;
  /** Where there are nodes that take indices. */
  readonly #indexChecks: IndexChecks | undefined;
  /** Steps before which a run submits what it has. */
  readonly #pauses: ReadonlySet<number>;
  #disposed = false;

  private constructor(
    context: GpuContext,
    plan: Plan,
    { references, indexChecks }: LoadedPlan,
    bindings: Bindings,
    staging: ReadonlyMap<string, GPUBuffer>,
    activations: Lease,
  ) {
    this.context = context;
    this.plan = plan;
    this.#references = references;
    this.bindings = bindings;
    this.#staging = staging;
    this.#activations = activations;
    this.readOnHost = new Set(hostNodes(plan).flatMap(({ inputs }) => inputs));
    this.#uploaded = new Set(
      plan.steps.flatMap((step) => (step.kind === 'upload' ? [step.value] : [])),
    );
    this.#indexChecks = indexChecks;
    this.#pauses = pausesOf(plan);
  }

  /**
   * Compiles pipelines while weights upload, then makes every buffer and bind group of the plan.
   */
  static async create(
    context: GpuContext,
    plan: Plan,
    weights: WeightStore,
    { onProgress, signal, pool = context.pool }: CreateOptions = {},
  ): Promise<GpuExecutable> {
    const { device } = context;
    const loaded = await loadPlan(context, plan, weights, onProgress, signal);
    signal?.throwIfAborted();
    const staging = new Map<string, GPUBuffer>();
    const bindings = new Bindings(device, plan, weights, loaded.compiled);
    const lease = pool.lease(plan.pool);
    const made = new GpuExecutable(context, plan, loaded, bindings, staging, lease);
    try {
      await lease.use((buffers) =>
        context.guard('the buffers of the plan', () => {
          for (const name of downloadedValues(plan)) {
            staging.set(name, readBuffer(device, plannedValue(plan, name).bytes));
          }
          bindings.use(buffers);
        }),
      );
    } catch (error) {
      made.dispose();
      throw error;
    }
    return made;
  }

  /**
   * One command buffer, submitted once, but for host nodes and long runs. With inputs and outputs on
   * the GPU it returns when that is submitted; the queue keeps later work behind it.
   */
  async run(feeds: Feeds, options: RunOptions): Promise<Map<string, Tensor>> {
    const wanted = wantedOutputs(this.plan.graph, options);
    const values = await this.hostFeeds(feeds, [...this.readOnHost, ...wanted]);
    if (options.location === 'gpu-buffer') await this.#makeResident(wanted, values);
    const { reads, computed, isNew } = await this.#activations.use((buffers) => {
      this.bindings.use(buffers);
      return this.#compute(feeds, values, wanted, options);
    });
    await Promise.all(reads.map(async (name) => values.set(name, await this.#read(name))));
    if (reads.length > 0 || isNew()) await computed;
    return new Map(wanted.map((name) => [name, this.#result(name, values, feeds, computed)]));
  }

  /** Submits a run; what is in `reads` is copied to where it can be read. */
  async #compute(
    feeds: Feeds,
    values: Map<string, HostTensor>,
    wanted: readonly string[],
    { location, signal }: RunOptions,
  ) {
    const { plan, context } = this;
    signal?.throwIfAborted();
    const onGpu = location === 'gpu-buffer';
    const shared = [...feeds].filter(([, { location }]) => location === 'gpu-buffer');
    for (const [name, tensor] of shared) checkedBytes(context, name, tensor);
    const substitutes = this.#substitutes(shared, onGpu ? wanted : []);
    const recorder = new Recorder(context.device, true);
    let before: Promise<unknown> | undefined;
    for (const [index, step] of plan.steps.entries()) {
      if (step.kind === 'dispatch') {
        if (this.#pauses.has(index)) {
          recorder.flush();
          // The GPU has this part to go on with when the one before is done: neither it nor the page
          // waits, and what is aborted ends soon.
          const done = context.race(context.device.queue.onSubmittedWorkDone());
          done.catch(() => {});
          await before;
          before = done;
          signal?.throwIfAborted();
        }
        recorder.dispatch(this.bindings.ready(index, substitutes), step.dispatch.workgroups);
      } else if (step.kind !== 'upload' || !substitutes.has(step.value)) {
        await this.perform(step, recorder, values, feeds);
        signal?.throwIfAborted();
      }
    }
    const made = wanted.filter((name) => this.#isRead(name, values));
    for (const name of made) {
      if (!onGpu) this.#copyToStaging(name, recorder);
      else if (!substitutes.has(name)) this.copyTo(name, this.#residentBuffer(name), recorder);
    }
    recorder.flush();
    const computed = this.#taking(shared, recorder);
    const isNew = () => shared.some(([, tensor]) => !this.#taken.has(tensor.gpuBuffer));
    return { reads: onGpu ? [] : made, computed, isNew };
  }

  /**
   * Does `work`, which uses the bindings, in activations that no other plan shares: others run
   * meanwhile.
   */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const shared = this.#activations;
    const own = new BufferPool(this.context).lease(this.plan.pool);
    this.#activations = own;
    try {
      await own.use((buffers) => this.bindings.use(buffers));
      return await work();
    } finally {
      this.#activations = shared;
      own.release();
    }
  }

  /** The feeds that are on the host already, and those of `names` that have to be fetched. */
  async hostFeeds(feeds: Feeds, names: Iterable<string>): Promise<Map<string, HostTensor>> {
    const values = new Map<string, HostTensor>();
    for (const [name, tensor] of feeds) if (tensor.location === 'cpu') values.set(name, tensor);
    for (const name of names) {
      const tensor = feeds.get(name);
      if (!tensor || values.has(name)) continue;
      values.set(name, await downloadInput(this.context, name, tensor));
    }
    return values;
  }

  dispose(): void {
    this.#disposed = true;
    this.#activations.release();
    this.bindings.dispose();
    for (const buffer of [...this.#staging.values(), ...this.#resident.values()]) destroy(buffer);
  }

  /** Inputs that are bound as they are, and outputs that are computed where the caller gets them. */
  #substitutes(
    shared: readonly (readonly [string, Tensor])[],
    kept: readonly string[],
  ): Map<string, GPUBuffer> {
    const { plan } = this;
    const substitutes = new Map<string, GPUBuffer>();
    const own = new Set(this.#resident.values());
    const isAlone = (name: string) => {
      const buffer = plan.values.get(name)?.buffer;
      return buffer?.kind === 'pool' && buffer.boundary?.name === name;
    };
    const bound = new Set<GPUBuffer>();
    for (const [name, { gpuBuffer }] of shared) {
      // An output of this session, fed again, is overwritten while the run still reads it.
      if (!isAlone(name) || own.has(gpuBuffer)) continue;
      // A dispatch may bind what it reads for writing, and that twice WebGPU refuses: the buffer of
      // several inputs is bound for the first one only.
      if (bound.has(gpuBuffer) || !isBindable(gpuBuffer, plannedValue(plan, name).bytes)) continue;
      substitutes.set(name, gpuBuffer);
      bound.add(gpuBuffer);
    }
    for (const name of kept) {
      if (isAlone(name) && !this.#uploaded.has(name)) {
        substitutes.set(name, this.#residentBuffer(name));
      }
    }
    return substitutes;
  }

  /** Settles when WebGPU has said whether it takes the run, callers' buffers included. */
  #taking(shared: readonly (readonly [string, Tensor])[], recorder: Recorder): Promise<void> {
    const taking = this.context.race(recorder.fault()).then(async (fault) => {
      for (const [, { gpuBuffer }] of shared) {
        if (fault) this.#taken.delete(gpuBuffer);
        else this.#taken.add(gpuBuffer);
      }
      if (!fault) return;
      const names = shared.map(([name]) => name);
      throw names.length > 0 ? refused(names, fault) : await this.#explained(fault);
    });
    taking.catch(() => {}); // who downloads an output hears of it
    return taking;
  }

  async #explained(fault: GPUError): Promise<Error> {
    const { explainFault } = await import('./explain-fault.ts');
    return this.#activations.use((buffers) => {
      this.bindings.use(buffers);
      return explainFault(this.context, this.plan, this.bindings, fault);
    });
  }

  /** Does a step that is no dispatch; copies are recorded. */
  async perform(
    step: Exclude<Step, { kind: 'dispatch' }>,
    recorder: Recorder,
    values: Map<string, HostTensor>,
    feeds: Feeds,
  ): Promise<void> {
    const { plan, context } = this;
    switch (step.kind) {
      case 'alias':
        return;
      case 'upload': {
        const target = plannedValue(plan, step.value);
        const range = this.bindings.rangeOf(target.buffer);
        const fed = feeds.get(step.value);
        if (fed?.location === 'gpu-buffer') {
          const bytes = checkedBytes(context, step.value, fed);
          if (bytes > 0) recorder.copy({ buffer: fed.gpuBuffer }, range, bytes);
          return;
        }
        recorder.flush(); // what was recorded may still read the buffer that is written now
        const tensor = values.get(step.value);
        if (!tensor) throw internal(`the value "${step.value}" is not on the host`);
        for (const check of this.#indexChecks?.get(step.value) ?? []) check(tensor);
        writeBytes(context.device.queue, range, toDeviceBytes(tensor, target.element, step.value));
        return;
      }
      case 'download':
        this.#copyToStaging(step.value, recorder);
        recorder.flush();
        values.set(step.value, await this.#read(step.value));
        return;
      case 'host': {
        const node = nodeOf(plan, step.node);
        const results = this.#references.evaluate(node, plan.graph, referenceLookup(values));
        node.outputs.forEach((name, at) => {
          const result = results[at];
          if (result) values.set(name, fromReference(result));
        });
      }
    }
  }

  /** Whether an output has to come from the GPU: constants, feeds and host results are here. */
  #isRead(name: string, values: ReadonlyMap<string, HostTensor>): boolean {
    return this.plan.values.has(name) && !values.has(name) && !this.plan.graph.constants.has(name);
  }

  #copyToStaging(name: string, recorder: Recorder): void {
    const staging = this.#staging.get(name);
    if (!staging) throw internal(`no staging buffer for "${name}"`);
    this.copyTo(name, staging, recorder);
  }

  /** Records a copy of a value in GPU memory. */
  copyTo(name: string, buffer: GPUBuffer, recorder: Recorder): void {
    const value = plannedValue(this.plan, name);
    recorder.copy(this.bindings.rangeOf(value.buffer), { buffer }, value.bytes);
  }

  async #makeResident(wanted: readonly string[], values: ReadonlyMap<string, HostTensor>) {
    const isMade = (name: string) => this.#isRead(name, values) && !this.#resident.has(name);
    const names = wanted.filter(isMade);
    if (names.length === 0) return;
    const make = () => names.map((name) => this.#residentBuffer(name));
    await this.context.guard('outputs that stay on the GPU', make).catch((error: unknown) => {
      for (const name of names) {
        destroy(this.#residentBuffer(name));
        this.#resident.delete(name);
      }
      throw error;
    });
  }

  #residentBuffer(name: string): GPUBuffer {
    let buffer = this.#resident.get(name);
    if (!buffer) {
      buffer = createStorage(this.context.device, name, plannedValue(this.plan, name).bytes);
      this.#resident.set(name, buffer);
    }
    return buffer;
  }

  async #read(name: string): Promise<HostTensor> {
    const value = plannedValue(this.plan, name);
    const staging = this.#staging.get(name) as GPUBuffer;
    await this.context.hasten(staging.mapAsync(GPUMapMode.READ));
    try {
      const bytes = new Uint8Array(staging.getMappedRange());
      return fromDeviceBytes(bytes, value.element, value.type, value.dims, sizeOf(value.dims));
    } finally {
      staging.unmap();
    }
  }

  #result(
    name: string,
    values: ReadonlyMap<string, HostTensor>,
    feeds: Feeds,
    computed: Promise<void>,
  ): Tensor {
    const host = values.get(name) ?? this.plan.graph.constants.get(name);
    if (host) {
      const own = feeds.has(name) || this.plan.graph.constants.has(name);
      const elements = elementsOf(host);
      return new Tensor(host.type, own ? elements.slice() : elements, host.dims);
    }
    const value = this.plan.values.get(name);
    const gpuBuffer = this.#resident.get(name);
    if (!value || !gpuBuffer) throw internal(`the output "${name}" was not computed`);
    return residentTensor(this.context, name, gpuBuffer, value, () => this.#disposed, computed);
  }
}

/** Values that a run copies to the host: outputs on the device, and inputs of host nodes. */
function downloadedValues(plan: Plan): Set<string> {
  const names = new Set<string>();
  for (const step of plan.steps) if (step.kind === 'download') names.add(step.value);
  for (const name of plan.graph.outputs) if (plan.values.has(name)) names.add(name);
  return names;
}
