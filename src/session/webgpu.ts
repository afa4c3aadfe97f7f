/** The `webgpu` backend: a plan with its buffers, bind groups and pipelines, made once, run often. */

import { uniformBytes } from '../../shaders/lib/kernel.ts';
import { internal } from '../core/errors.ts';
import { fromReference } from '../core/reference.ts';
import { sizeOf } from '../core/shape.ts';
import { elementsOf, type HostTensor, Tensor } from '../core/tensor.ts';
import type { GpuContext } from '../gpu/device.ts';
import type { BufferRef, Plan, PlannedValue, Step } from '../plan/plan.ts';
import {
  type Executable,
  type Feeds,
  type OnProgress,
  type RunOptions,
  wantedOutputs,
} from './backend.ts';
import { References, referenceLookup } from './evaluate.ts';
import { type ReadyDispatch, Recorder, readBuffer } from './recorder.ts';
import { copyInput, downloadInput, residentTensor } from './shared-buffers.ts';
import { type WeightStore, writeBytes } from './weights.ts';
import { fromDeviceBytes, toDeviceBytes } from './words.ts';

export class GpuExecutable implements Executable {
  readonly plan: Plan;
  readonly context: GpuContext;
  readonly #weights: WeightStore;
  readonly #references: References;
  readonly #pool: readonly GPUBuffer[];
  readonly #uniforms: GPUBuffer;
  readonly #staging = new Map<string, GPUBuffer>();
  /** Outputs that a caller keeps on the GPU: made when first asked for, overwritten by each run. */
  readonly #resident = new Map<string, GPUBuffer>();
  readonly #dispatches: readonly (ReadyDispatch | undefined)[];
  /** What host nodes read. */
  readonly #readOnHost: ReadonlySet<string>;
  #disposed = false;

  private constructor(
    context: GpuContext,
    plan: Plan,
    weights: WeightStore,
    references: References,
    resources: {
      pool: readonly GPUBuffer[];
      uniforms: GPUBuffer;
      staging: Map<string, GPUBuffer>;
      dispatches: readonly (ReadyDispatch | undefined)[];
    },
  ) {
    this.context = context;
    this.plan = plan;
    this.#weights = weights;
    this.#references = references;
    this.#pool = resources.pool;
    this.#uniforms = resources.uniforms;
    this.#staging = resources.staging;
    this.#dispatches = resources.dispatches;
    this.#readOnHost = new Set(
      plan.steps.flatMap((step) => (step.kind === 'host' ? nodeOf(plan, step.node).inputs : [])),
    );
  }

  /** Compiles pipelines while weights upload, then makes every buffer and bind group of the plan. */
  static async create(
    context: GpuContext,
    plan: Plan,
    weights: WeightStore,
    onProgress?: OnProgress,
  ): Promise<GpuExecutable> {
    const { device } = context;
    const references = new References();
    const hostNodes = plan.steps.flatMap((step) =>
      step.kind === 'host' ? [nodeOf(plan, step.node)] : [],
    );
    const [compiled] = await Promise.all([
      compile(context, plan, onProgress),
      loadWeights(plan, weights, onProgress),
      references.load(hostNodes),
    ]);
    const resources = await context.guard('the buffers of the plan', () => {
      const pool = plan.pool.map((size, index) =>
        device.createBuffer({
          label: `pool ${index}`,
          size: Math.max(size, 16),
          usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
        }),
      );
      const uniforms = device.createBuffer({
        label: 'uniforms',
        size: plan.uniforms.byteLength,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(uniforms, 0, plan.uniforms);
      const dispatches = plan.steps.map((step, index) => {
        const ready = compiled[index];
        if (step.kind !== 'dispatch' || !ready) return undefined;
        const group = device.createBindGroup({
          layout: ready.layout,
          entries: [
            {
              binding: 0,
              resource: {
                buffer: uniforms,
                offset: step.uniformOffset,
                size: uniformBytes(step.dispatch.kernel.uniforms),
              },
            },
            ...step.buffers.map((ref, at) => ({
              binding: at + 1,
              resource: rangeOf(ref, pool, weights),
            })),
          ],
        });
        return { pipeline: ready.pipeline, group };
      });
      const staging = new Map<string, GPUBuffer>();
      for (const name of downloadedValues(plan)) {
        const value = plan.values.get(name) as PlannedValue;
        staging.set(name, readBuffer(device, value.bytes));
      }
      return { pool, uniforms, staging, dispatches };
    });
    return new GpuExecutable(context, plan, weights, references, resources);
  }

  async run(feeds: Feeds, options: RunOptions): Promise<Map<string, Tensor>> {
    const { plan, context } = this;
    const wanted = wantedOutputs(plan.graph, options);
    const onGpu = options.location === 'gpu-buffer';
    const values = await this.hostFeeds(feeds, [...this.#readOnHost, ...wanted]);
    const recorder = new Recorder(context.device);
    for (const [index, step] of plan.steps.entries()) {
      await this.#step(step, index, recorder, values, feeds);
    }
    const made = wanted.filter((name) => this.#isRead(name, values));
    const reads = onGpu ? [] : made;
    for (const name of reads) this.#copyToStaging(name, recorder);
    if (onGpu) for (const name of made) this.#copyToResident(name, recorder);
    recorder.flush();
    await Promise.all(reads.map(async (name) => values.set(name, await this.#read(name))));
    return new Map(wanted.map((name) => [name, this.#result(name, values, feeds)]));
  }

  /**
   * Runs the plan node by node, handing each node's inputs as they were before it and its outputs
   * as they are after it to `visit`; for checking and for looking inside.
   */
  async replay(
    feeds: Feeds,
    visit: (
      node: number,
      inputs: ReadonlyMap<string, Uint8Array>,
      outputs: ReadonlyMap<string, Uint8Array>,
    ) => Promise<void>,
  ): Promise<void> {
    const { plan, context } = this;
    const values = await this.hostFeeds(feeds, this.#readOnHost);
    const recorder = new Recorder(context.device);
    let index = 0;
    while (index < plan.steps.length) {
      const step = plan.steps[index] as Step;
      if (step.kind !== 'dispatch' && step.kind !== 'alias') {
        await this.#step(step, index++, recorder, values, feeds);
        continue;
      }
      const node = nodeOf(plan, step.node);
      const inputs = this.#capture(node.inputs, recorder);
      for (; index < plan.steps.length; index++) {
        const next = plan.steps[index] as Step;
        if (next.kind !== step.kind || next.node !== step.node) break;
        await this.#step(next, index, recorder, values, feeds);
      }
      const outputs = this.#capture(node.outputs, recorder);
      recorder.flush();
      await visit(step.node, await this.#collect(inputs), await this.#collect(outputs));
    }
    recorder.flush();
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
    const outputs = [...this.#staging.values(), ...this.#resident.values()];
    for (const buffer of [...this.#pool, this.#uniforms, ...outputs]) buffer.destroy();
  }

  async #step(
    step: Step,
    index: number,
    recorder: Recorder,
    values: Map<string, HostTensor>,
    feeds: Feeds,
  ): Promise<void> {
    const { plan, context } = this;
    switch (step.kind) {
      case 'dispatch': {
        const ready = this.#dispatches[index];
        if (!ready) throw internal(`step ${index} has no pipeline`);
        recorder.dispatch(ready, step.dispatch.workgroups);
        return;
      }
      case 'alias':
        return;
      case 'upload': {
        const target = plan.values.get(step.value) as PlannedValue;
        recorder.flush(); // what was recorded may still read the buffer that is written now
        const fed = feeds.get(step.value);
        if (fed?.location === 'gpu-buffer') {
          return copyInput(context, step.value, fed, this.#rangeOf(target.buffer));
        }
        const tensor = values.get(step.value);
        if (!tensor) throw internal(`the value "${step.value}" is not on the host`);
        writeBytes(
          context.device.queue,
          this.#rangeOf(target.buffer),
          toDeviceBytes(tensor, target.element, step.value),
        );
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

  #rangeOf(ref: BufferRef): GPUBufferBinding {
    return rangeOf(ref, this.#pool, this.#weights);
  }

  /** Whether an output has to come from the GPU: constants, feeds and host results are here. */
  #isRead(name: string, values: ReadonlyMap<string, HostTensor>): boolean {
    return this.plan.values.has(name) && !values.has(name) && !this.plan.graph.constants.has(name);
  }

  #copyToStaging(name: string, recorder: Recorder): void {
    const value = this.plan.values.get(name) as PlannedValue;
    const staging = this.#staging.get(name);
    if (!staging) throw internal(`no staging buffer for "${name}"`);
    recorder.copy(this.#rangeOf(value.buffer), { buffer: staging }, value.bytes);
  }

  #copyToResident(name: string, recorder: Recorder): void {
    const value = this.plan.values.get(name) as PlannedValue;
    let buffer = this.#resident.get(name);
    if (!buffer) {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      buffer = this.context.device.createBuffer({ label: name, size: value.bytes, usage });
      this.#resident.set(name, buffer);
    }
    recorder.copy(this.#rangeOf(value.buffer), { buffer }, value.bytes);
  }

  async #read(name: string): Promise<HostTensor> {
    const value = this.plan.values.get(name) as PlannedValue;
    const staging = this.#staging.get(name) as GPUBuffer;
    await this.context.race(staging.mapAsync(GPUMapMode.READ));
    try {
      const bytes = new Uint8Array(staging.getMappedRange());
      return fromDeviceBytes(bytes, value.element, value.type, value.dims, sizeOf(value.dims));
    } finally {
      staging.unmap();
    }
  }

  #result(name: string, values: ReadonlyMap<string, HostTensor>, feeds: Feeds): Tensor {
    const host = values.get(name) ?? this.plan.graph.constants.get(name);
    if (host) {
      const own = feeds.has(name) || this.plan.graph.constants.has(name);
      const elements = elementsOf(host);
      return new Tensor(host.type, own ? elements.slice() : elements, host.dims);
    }
    const value = this.plan.values.get(name);
    const gpuBuffer = this.#resident.get(name);
    if (!value || !gpuBuffer) throw internal(`the output "${name}" was not computed`);
    return residentTensor(this.context, name, gpuBuffer, value, () => this.#disposed);
  }

  #capture(names: readonly string[], recorder: Recorder): Map<string, GPUBuffer> {
    const captured = new Map<string, GPUBuffer>();
    for (const name of names) {
      const value = this.plan.values.get(name);
      if (!value || value.buffer.kind === 'weight' || captured.has(name)) continue;
      const buffer = readBuffer(this.context.device, value.bytes);
      recorder.copy(this.#rangeOf(value.buffer), { buffer }, value.bytes);
      captured.set(name, buffer);
    }
    return captured;
  }

  async #collect(captured: ReadonlyMap<string, GPUBuffer>): Promise<Map<string, Uint8Array>> {
    const result = new Map<string, Uint8Array>();
    for (const [name, buffer] of captured) {
      await this.context.race(buffer.mapAsync(GPUMapMode.READ));
      result.set(name, new Uint8Array(buffer.getMappedRange()).slice());
      buffer.destroy();
    }
    return result;
  }
}

function rangeOf(
  ref: BufferRef,
  pool: readonly GPUBuffer[],
  weights: WeightStore,
): GPUBufferBinding {
  if (ref.kind === 'weight') return { buffer: weights.buffer(ref.key) };
  return { buffer: pool[ref.index] as GPUBuffer, offset: ref.offset, size: ref.bytes };
}

function nodeOf(plan: Plan, index: number) {
  const node = plan.graph.nodes[index];
  if (!node) throw internal(`the plan has no node ${index}`);
  return node;
}

/** Values that a run copies to the host: outputs on the device, and inputs of host nodes. */
function downloadedValues(plan: Plan): Set<string> {
  const names = new Set<string>();
  for (const step of plan.steps) if (step.kind === 'download') names.add(step.value);
  for (const name of plan.graph.outputs) if (plan.values.has(name)) names.add(name);
  return names;
}

function compile(context: GpuContext, plan: Plan, onProgress: OnProgress | undefined) {
  const total = plan.steps.filter((step) => step.kind === 'dispatch').length;
  let done = 0;
  return Promise.all(
    plan.steps.map(async (step) => {
      if (step.kind !== 'dispatch') return undefined;
      const { kernel, variant } = step.dispatch;
      const compiled = await context.race(context.pipelines.get(kernel, variant));
      onProgress?.({ stage: 'compile', done: ++done, total, detail: kernel.name });
      return compiled;
    }),
  );
}

function loadWeights(plan: Plan, weights: WeightStore, onProgress: OnProgress | undefined) {
  let done = 0;
  return weights.load(plan.weights, plan.graph.constants, () => {
    onProgress?.({ stage: 'upload', done: ++done, total: plan.weights.length });
  });
}
