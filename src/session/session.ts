/** `InferenceSession`: loads a model, plans it for its input shapes, runs, verifies, reports. */

import { WgconvError } from '../core/errors.ts';
import { fetchBytes } from '../core/fetch-bytes.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import { type Dim, formatDims, isStatic } from '../core/shape.ts';
import { Tensor } from '../core/tensor.ts';
import { operatorsIn, readOnnxModel } from '../formats/onnx/index.ts';
import { GpuContext } from '../gpu/device.ts';
import type { Graph, ValueInfo } from '../graph/graph.ts';
import { findOperator, loadOperators } from '../ops/index.ts';
import { optimise } from '../passes/index.ts';
import type { Feeds, OnProgress, RunOptions } from './backend.ts';
import { checkOptions, type SessionOptions } from './options.ts';
import { Plans } from './plans.ts';
import { reportPlan, type SessionReport } from './report.ts';
import type { StagedModel } from './staged.ts';
import type { Tuning } from './tune/tuning.ts';
import type { VerifyReport } from './verify.ts';
import { GpuExecutable } from './webgpu.ts';
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
  readonly #options: SessionOptions;
  readonly #context: GpuContext | undefined;
  readonly #weights: WeightStore | undefined;
  readonly #plans: Plans;
  /** In place of `#plans` where shapes depend on data. */
  #staged: StagedModel | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  private constructor(graph: Graph, options: SessionOptions, context: GpuContext | undefined) {
    this.graph = graph;
    this.inputs = graph.inputs;
    this.inputNames = graph.inputs.map((input) => input.name);
    this.outputNames = graph.outputs;
    this.backend = context ? 'webgpu' : 'cpu';
    this.#options = options;
    this.#context = context;
    this.#weights = context && new WeightStore(context);
    this.#plans = this.#plansOf(graph);
  }

  /**
   * @param model URL of an ONNX file, or its bytes, or a graph
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
    const device = createContext(options);
    const [graph, context] = await Promise.all([
      load(model, { ...options, onProgress }),
      device,
    ]).catch((error: unknown) => {
      failed = true;
      device.then((late) => late?.release()).catch(() => {});
      throw error;
    });
    const session = new InferenceSession(graph, options, context);
    if (graph.nodes.some(({ op }) => findOperator(op)?.traits.dataDependent)) {
      const { StagedModel } = await import('./staged.ts');
      const staged = new StagedModel(graph, (stage) => session.#plansOf(stage));
      if (staged.isCut) session.#staged = staged;
    }
    if (
      graph.inputs.every(isStatic) &&
      (session.#staged || session.#plans.shapeInputs.length === 0)
    ) {
      const shapes = new Map(graph.inputs.map(({ name, dims }) => [name, dims as number[]]));
      await session.#compile(shapes).catch(async (error: unknown) => {
        await session.dispose();
        throw error;
      });
    }
    return session;
  }

  /** What the device can do; undefined on the `cpu` backend. */
  get caps() {
    return this.#context?.caps;
  }

  /** The device that the session computes on, for sharing buffers; undefined on `cpu`. */
  get device(): GPUDevice | undefined {
    return this.#context?.device;
  }

  /**
   * Runs the model once. Overlapping calls queue and all succeed, in order.
   * @throws WgconvError `missing-input`, `unknown-input`, `wrong-type`, `wrong-shape`, naming it
   */
  async run(feeds: FeedsObject, options: RunOptions = {}): Promise<Record<string, Tensor>> {
    const checked = this.#check(feeds);
    refuseUnknown('option of run()', options, { outputs: true, location: true });
    return this.#enqueue(async () => {
      if (this.#staged) return Object.fromEntries(await this.#staged.run(checked, options));
      const { executable } = await this.#plans.compileFor(checked);
      return Object.fromEntries(await executable.run(checked, options));
    });
  }

  /** Compares every node of the plan with its float64 reference; `webgpu` only. */
  async verify(feeds: FeedsObject): Promise<VerifyReport> {
    const checked = this.#check(feeds);
    const { verifyExecutable } = await import('./verify.ts');
    return this.#enqueue(async () => {
      if (this.#staged) return this.#staged.verify(checked, this.#options.onProgress);
      const { executable, original } = await this.#plans.compileFor(checked);
      if (!(executable instanceof GpuExecutable)) {
        throw new WgconvError(
          'invalid-argument',
          'verify() checks the GPU; this session runs on the cpu backend, which is the reference itself',
        );
      }
      return verifyExecutable(executable, original, checked, this.#options.onProgress);
    });
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
    await this.#enqueue(() => this.#compile(new Map(all)));
  }

  /** Where every node of the latest plan runs and why, algorithms, memory. */
  report(): SessionReport {
    if (this.#staged) return this.#staged.report(this.backend);
    const compiled = this.#plans.latest;
    if (!compiled) {
      throw new WgconvError(
        'invalid-argument',
        'nothing is planned yet: this model has symbolic shapes; call prepare({ input: dims }) or run() first',
      );
    }
    const report = reportPlan(this.backend, compiled.original, compiled.executable);
    return { ...report, tuned: compiled.tuned?.problems ?? [], tuningNote: compiled.tuned?.note };
  }

  /** All choices that tuning knows, for `{ tuning }` of another session; undefined with none. */
  tuning(): Tuning | undefined {
    return this.#staged ? this.#staged.tuning() : this.#plans.latest?.tuned?.tuning;
  }

  /** Gives all GPU memory back. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#queue;
    await this.#plans.dispose();
    await this.#staged?.dispose();
    this.#weights?.dispose();
    this.#context?.release();
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

  /** Plans what can be planned for the shapes alone. */
  async #compile(shapes: ReadonlyMap<string, readonly number[]>): Promise<void> {
    if (this.#staged) await this.#staged.prepare(shapes);
    else await this.#plans.compile(shapes);
  }

  #plansOf(graph: Graph): Plans {
    const device = this.#context &&
      this.#weights && { context: this.#context, weights: this.#weights };
    return new Plans(graph, this.#options, device);
  }
}

async function load(
  model: string | URL | ArrayBuffer | Uint8Array | Graph,
  options: SessionOptions,
): Promise<Graph> {
  const read = await readModel(model, options);
  const graph = options.transform ? await options.transform(read) : read;
  // The caller's function may have added others.
  await loadOperators(graph.nodes.map(({ op }) => op));
  return optimise(graph);
}

async function readModel(
  model: string | URL | ArrayBuffer | Uint8Array | Graph,
  { onProgress, externalData }: SessionOptions,
): Promise<Graph> {
  const files = externalData;
  if (model instanceof Uint8Array) return readOnnxModel(model, { files });
  if (model instanceof ArrayBuffer) return readOnnxModel(new Uint8Array(model), { files });
  if (typeof model === 'string' || model instanceof URL) {
    onProgress?.({ stage: 'read', done: 0, total: 1, detail: String(model) });
    const bytes = await fetchBytes(model, (start) => {
      loadOperators(operatorsIn(start)).catch(() => {}); // asked for again when all are known
    });
    onProgress?.({ stage: 'read', done: 1, total: 1, detail: String(model) });
    return readOnnxModel(bytes, { files, model });
  }
  if (!Array.isArray((model as Graph | undefined)?.nodes)) {
    throw new WgconvError(
      'invalid-argument',
      'a model is the URL of an ONNX file, its bytes (ArrayBuffer or Uint8Array), or a graph',
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
