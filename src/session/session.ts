/** `InferenceSession`: loads a model, plans it for its input shapes, runs, verifies, reports. */

import { WgconvError } from '../core/errors.ts';
import { fetchBytes } from '../core/fetch-bytes.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import { type Dim, formatDims, isStatic } from '../core/shape.ts';
import { Tensor } from '../core/tensor.ts';
import { operatorsIn } from '../formats/onnx/index.ts';
import { readModel } from '../formats/read-model.ts';
import { GpuContext } from '../gpu/device.ts';
import type { Graph, ValueInfo } from '../graph/graph.ts';
import { loadOperators } from '../ops/index.ts';
import { optimise } from '../passes/index.ts';
import type { ActivationOptions, Activations } from './activations.ts';
import type { Feeds, OnProgress, RunOptions } from './backend.ts';
import { checkOptions, type SessionOptions } from './options.ts';
import { planGraph } from './plan-graph.ts';
import type { PlanDevice, PlannedGraph } from './plans.ts';
import type { Profile, ProfileOptions } from './profile/index.ts';
import { leftOut, type SessionReport } from './report.ts';
import type { Tuning } from './tune/tuning.ts';
import type { VerifyReport } from './verify.ts';
import { WeightStore } from './weights.ts';

export type FeedsObject = Readonly<Record<string, Tensor>>;

/**
 * A loaded model.
 *
 * ```ts
 * const session = await InferenceSession.create('model.onnx');
 * const { output } = await session.run({ input: new Tensor('float32', data, [1, 3, 224, 224]) });
 * ```
 */
export class InferenceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Names, element types and (possibly symbolic) shapes of the inputs. */
  readonly inputs: readonly ValueInfo[];
  readonly backend: 'webgpu' | 'cpu';
  /** The model after the passes that need no shapes. */
  readonly graph: Graph;
  /** The model as it was read, with all of its values. */
  readonly #model: Graph;
  readonly #options: SessionOptions;
  readonly #device: PlanDevice | undefined;
  readonly #planned: PlannedGraph;
  #activations: Activations | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  private constructor(
    model: Graph,
    graph: Graph,
    planned: PlannedGraph,
    options: SessionOptions,
    device: PlanDevice | undefined,
  ) {
    this.graph = graph;
    this.inputs = graph.inputs;
    this.inputNames = graph.inputs.map((input) => input.name);
    this.outputNames = graph.outputs;
    this.backend = device ? 'webgpu' : 'cpu';
    this.#model = model;
    this.#options = options;
    this.#device = device;
    this.#planned = planned;
  }

  /**
   * @param model URL of an ONNX file or of a `model.json` (Keras, TensorFlow.js), or its bytes, or a graph
   * @throws WgconvError `invalid-model`, `unsupported-operator` (all of them at once), `no-webgpu`,
   * `limit-exceeded`, …
   */
  static async create(
    model: string | URL | ArrayBuffer | Uint8Array | Graph,
    options: SessionOptions = {},
  ): Promise<InferenceSession> {
    checkOptions(options);
    // The other of the two may still be busy when one has failed: its progress is of no interest,
    // and a device that comes too late goes back.
    let failed = false;
    const onProgress: OnProgress = (progress) => {
      if (!failed) options.onProgress?.(progress);
    };
    const acquired = createContext(options);
    const [[read, graph], context] = await Promise.all([
      load(model, { ...options, onProgress }),
      acquired,
    ]).catch((error: unknown) => {
      failed = true;
      acquired.then((late) => late?.release()).catch(() => {});
      throw error;
    });
    const device = context && { context, weights: new WeightStore(context) };
    const planned = await planGraph(graph, options, device);
    const session = new InferenceSession(read, graph, planned, options, device);
    if (graph.inputs.every(isStatic) && planned.shapeInputs.length === 0) {
      const shapes = new Map(graph.inputs.map(({ name, dims }) => [name, dims as number[]]));
      await planned.compile(shapes).catch(async (error: unknown) => {
        await session.dispose();
        throw error;
      });
    }
    return session;
  }

  /** What the device can do; undefined on the `cpu` backend. */
  get caps() {
    return this.#device?.context.caps;
  }

  /** The device that the session computes on, for sharing buffers; undefined on `cpu`. */
  get device(): GPUDevice | undefined {
    return this.#device?.context.device;
  }

  /**
   * Runs the model once. Overlapping calls queue and all succeed, in order.
   * @throws WgconvError `missing-input`, `unknown-input`, `wrong-type`, `wrong-shape`, naming it
   */
  async run(feeds: FeedsObject, options: RunOptions = {}): Promise<Record<string, Tensor>> {
    const checked = this.#check(feeds);
    refuseUnknown('option of run()', options, { outputs: true, location: true });
    return this.#enqueue(async () => Object.fromEntries(await this.#planned.run(checked, options)));
  }

  /**
   * Reads values inside the model: those that are named as the model names them, or all that its
   * nodes read and make. Plans of their own leave them as they are, fused with nothing; the plans of
   * the last few sets of names are kept. With `{ location: 'gpu-buffer' }` what the GPU makes stays
   * there, dense, and is overwritten by the next call with the same names.
   * @throws WgconvError `invalid-argument` where the model has no value of a name
   */
  async activations(
    feeds: FeedsObject,
    names?: readonly string[],
    options: ActivationOptions = {},
  ): Promise<Record<string, Tensor>> {
    const checked = this.#check(feeds);
    const { Activations } = await import('./activations.ts');
    return this.#enqueue(() => {
      this.#activations ??= new Activations(this.#model, this.#options, this.#device);
      return this.#activations.read(checked, names, options);
    });
  }

  /**
   * The time of every node, its arithmetic, bytes and share of the device's ceiling; a trace of it.
   * By timestamps where the device has them, else estimated; it takes some runs.
   */
  async profile(feeds: FeedsObject, options: ProfileOptions = {}): Promise<Profile> {
    const checked = this.#check(feeds);
    const { profileModel } = await import('./profile/index.ts');
    return this.#enqueue(() =>
      profileModel(this.#planned, checked, options, this.#options.onProgress),
    );
  }

  /** Compares every node of the plan with its float64 reference; `webgpu` only. */
  async verify(feeds: FeedsObject): Promise<VerifyReport> {
    const checked = this.#check(feeds);
    const { verifyModel } = await import('./verify.ts');
    return this.#enqueue(() =>
      verifyModel(this.#planned, this.outputNames, checked, this.#options.onProgress),
    );
  }

  /**
   * Plans for the given input shapes (needed only for symbolic ones) without running.
   * @throws WgconvError `unknown-input`, `wrong-shape`, naming it
   */
  async prepare(shapes: Readonly<Record<string, readonly number[]>> = {}): Promise<void> {
    this.#checkNames(shapes);
    for (const { name, dims } of this.inputs) {
      const given = shapes[name];
      if (given && !fits(dims, given)) {
        throw new WgconvError(
          'wrong-shape',
          `the input "${name}" takes the shape ${formatDims(dims)}, not ${formatDims(given)}`,
          { value: name, data: { expected: dims, actual: given } },
        );
      }
    }
    const all = this.graph.inputs.map(({ name, dims }): [string, readonly number[]] => [
      name,
      shapes[name] ?? (dims as number[]),
    ]);
    await this.#enqueue(() => this.#planned.compile(new Map(all)));
  }

  /**
   * Where every node of the latest plan runs and why, which nodes of the model are left out and why,
   * algorithms, memory.
   */
  report(): SessionReport {
    const report = this.#planned.report();
    return { ...report, leftOut: leftOut(this.#model, report.nodes) };
  }

  /** All choices that tuning knows, for `{ tuning }` of another session; undefined with none. */
  tuning(): Tuning | undefined {
    return this.#planned.tuning();
  }

  /** Gives all GPU memory back. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#queue;
    await this.#planned.dispose();
    await this.#activations?.dispose();
    this.#device?.weights.dispose();
    this.#device?.context.release();
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (this.#disposed) throw new WgconvError('disposed', 'this session was disposed');
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }

  #check(feeds: FeedsObject): Feeds {
    if (typeof feeds !== 'object' || feeds === null) {
      throw new WgconvError(
        'invalid-argument',
        `feeds are an object of tensors by input name, as { ${this.inputNames[0]}: tensor }`,
      );
    }
    this.#checkNames(feeds);
    return new Map(this.inputs.map((input) => [input.name, checkFeed(input, feeds[input.name])]));
  }

  #checkNames(given: object): void {
    const unknown = Object.keys(given).find((name) => !this.inputNames.includes(name));
    if (unknown === undefined) return;
    throw new WgconvError(
      'unknown-input',
      `the model has no input "${unknown}"; its inputs are ${this.inputNames.map((n) => `"${n}"`).join(', ')}`,
      { value: unknown },
    );
  }
}

async function load(
  model: string | URL | ArrayBuffer | Uint8Array | Graph,
  options: SessionOptions,
): Promise<[read: Graph, optimised: Graph]> {
  const original = await read(model, options);
  const graph = options.transform ? await options.transform(original) : original;
  // The caller's function may have added others.
  await loadOperators(graph.nodes.map(({ op }) => op));
  return [graph, await optimise(graph)];
}

async function read(
  model: string | URL | ArrayBuffer | Uint8Array | Graph,
  { onProgress, externalData: files }: SessionOptions,
): Promise<Graph> {
  if (model instanceof Uint8Array) return readModel(model, { files, onProgress });
  if (model instanceof ArrayBuffer)
    return read(new Uint8Array(model), { externalData: files, onProgress });
  if (typeof model === 'string' || model instanceof URL) {
    const report = (done: number) =>
      onProgress?.({ stage: 'read', done, total: 1, detail: `${model}` });
    report(0);
    const bytes = await fetchBytes(model, (start) => {
      loadOperators(operatorsIn(start)).catch(() => {}); // asked for again when all are known
    });
    report(1);
    return readModel(bytes, { files, model, onProgress });
  }
  if (!Array.isArray((model as Graph | undefined)?.nodes)) {
    throw new WgconvError(
      'invalid-argument',
      'a model is the URL of an ONNX file or a model.json, its bytes (ArrayBuffer or Uint8Array), or a graph',
    );
  }
  return model;
}

async function createContext(options: SessionOptions): Promise<GpuContext | undefined> {
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

function checkFeed(input: ValueInfo, tensor: Tensor | undefined): Tensor {
  const { name, type, dims } = input;
  if (!tensor) {
    throw new WgconvError(
      'missing-input',
      `the input "${name}" (${type}${formatDims(dims)}) is missing from the feeds`,
      { value: name },
    );
  }
  if (!(tensor instanceof Tensor)) {
    throw new WgconvError('wrong-type', `the input "${name}" must be a Tensor`, { value: name });
  }
  if (tensor.type !== type) {
    throw new WgconvError(
      'wrong-type',
      `the input "${name}" takes ${type} elements, but the tensor holds ${tensor.type}`,
      { value: name, data: { expected: type, actual: tensor.type } },
    );
  }
  if (!fits(dims, tensor.dims)) {
    throw new WgconvError(
      'wrong-shape',
      `the input "${name}" takes the shape ${formatDims(dims)}, but the tensor has ${formatDims(tensor.dims)}`,
      { value: name, data: { expected: dims, actual: tensor.dims } },
    );
  }
  return tensor;
}

function fits(expected: readonly Dim[], dims: readonly number[]): boolean {
  return (
    dims.length === expected.length &&
    expected.every((dim, axis) => typeof dim === 'string' || dim === dims[axis])
  );
}
