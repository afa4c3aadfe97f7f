/** `InferenceSession`: loads a model, plans it for its input shapes, runs, verifies, reports. */

import { abortable } from '../core/abortable.ts';
import { WgconvError } from '../core/errors.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Graph, ValueInfo } from '../graph/graph.ts';
import type { ActivationOptions } from './activations.ts';
import { checkLocation, type OnProgress, type RunOptions } from './backend.ts';
import { checkFeeds, checkShapes, type FeedsObject } from './check-feeds.ts';
import { type LoadedModel, loadModel, type ModelSource } from './load-model.ts';
import { Loading } from './loading.ts';
import { checkOptions, type SessionOptions } from './options.ts';
import type { Profile, ProfileOptions } from './profile/index.ts';
import { leftOut, type SessionReport } from './report.ts';
import { createContext, Runtime } from './runtime.ts';
import type { Tuning } from './tune/tuning.ts';
import type { VerifyOptions, VerifyReport } from './verify.ts';

export interface PrepareOptions {
  readonly signal?: AbortSignal | undefined;
}

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
  readonly #model: LoadedModel;
  readonly #options: SessionOptions;
  /** Replaced when its device is lost. */
  #runtime: Runtime;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed: Promise<void> | undefined;

  private constructor(model: LoadedModel, options: SessionOptions, runtime: Runtime) {
    const { graph } = model;
    this.graph = graph;
    this.inputs = graph.inputs;
    this.inputNames = graph.inputs.map((input) => input.name);
    this.outputNames = graph.outputs;
    this.backend = runtime.device ? 'webgpu' : 'cpu';
    this.#model = model;
    this.#options = options;
    this.#runtime = runtime;
  }

  /**
   * @param model URL of an ONNX file or of a `model.json` (Keras, TensorFlow.js), or its bytes, or a graph
   * @throws WgconvError `fetch-failed`, `invalid-model`, `unsupported-operator` (all of them at once),
   * `no-webgpu`, `limit-exceeded`, …
   * @throws the signal's reason
   */
  static async create(model: ModelSource, options: SessionOptions = {}): Promise<InferenceSession> {
    checkOptions(options);
    const { signal } = options;
    signal?.throwIfAborted();
    return abortable(signal, InferenceSession.#create(model, options), (late) => late.dispose());
  }

  /** As `create`, whose progress can be iterated meanwhile. */
  static load(model: ModelSource, options: SessionOptions = {}): Loading<InferenceSession> {
    return new Loading(
      (onProgress) => InferenceSession.create(model, { ...options, onProgress }),
      options.onProgress,
    );
  }

  static async #create(model: ModelSource, options: SessionOptions): Promise<InferenceSession> {
    const { signal, ...lasting } = options;
    // The other of the two may still be busy when one has failed: its progress is of no interest,
    // and a device that comes too late goes back.
    let failed = false;
    let created = false;
    const onProgress: OnProgress = (progress) => {
      if (created || !(failed || signal?.aborted)) options.onProgress?.(progress);
    };
    const acquired = createContext(options);
    const [loaded, context] = await Promise.all([
      loadModel(model, { ...options, onProgress }, acquired),
      acquired,
    ]).catch((error: unknown) => {
      failed = true;
      acquired.then((late) => late?.release()).catch(() => {});
      throw error;
    });
    const runtime = await Runtime.create(loaded, { ...lasting, onProgress }, context, signal);
    created = true;
    return new InferenceSession(loaded, lasting, runtime);
  }

  /** What the device can do; undefined on the `cpu` backend. */
  get caps() {
    return this.#runtime.device?.context.caps;
  }

  /** The device that the session computes on, for sharing buffers; undefined on `cpu`. */
  get device(): GPUDevice | undefined {
    return this.#runtime.device?.context.device;
  }

  /**
   * Runs the model once. Overlapping calls queue and all succeed, in order: one that fails or is
   * aborted leaves the others as they are.
   * @throws WgconvError `missing-input`, `unknown-input`, `wrong-type`, `wrong-shape`, naming it;
   * `out-of-range` with `watch`, naming the node
   * @throws the signal's reason
   */
  async run(feeds: FeedsObject, options: RunOptions = {}): Promise<Record<string, Tensor>> {
    const checked = checkFeeds(this.inputs, feeds);
    const known = { outputs: true, location: true, signal: true, watch: true } as const;
    refuseUnknown('option of run()', options, known);
    checkLocation(options);
    return this.#enqueue(async ({ planned }) => {
      const ran = options.watch
        ? (await import('./watch.ts')).runWatched(planned, checked, options)
        : planned.run(checked, options);
      return Object.fromEntries(await ran);
    }, options.signal);
  }

  /**
   * Reads values inside the model: those that are named as the model names them, or all that its
   * nodes read and make. Plans of their own leave them as they are, fused with nothing; the plans of
   * the last few sets of names are kept. With `{ location: 'gpu-buffer' }` what the GPU makes stays
   * there, dense, and is overwritten by the next call with the same names.
   * @throws WgconvError `invalid-argument` where the model has no value of a name
   * @throws the signal's reason
   */
  async activations(
    feeds: FeedsObject,
    names?: readonly string[],
    options: ActivationOptions = {},
  ): Promise<Record<string, Tensor>> {
    const checked = checkFeeds(this.inputs, feeds);
    refuseUnknown('option of activations()', options, { location: true, signal: true });
    checkLocation(options);
    return this.#enqueue(
      async (runtime) => (await runtime.activations()).read(checked, names, options),
      options.signal,
    );
  }

  /**
   * The time of every node, its arithmetic, bytes and share of the device's ceiling; a trace of it.
   * By timestamps where the device has them, else estimated; it takes some runs.
   * @throws the signal's reason
   */
  async profile(feeds: FeedsObject, options: ProfileOptions = {}): Promise<Profile> {
    const checked = checkFeeds(this.inputs, feeds);
    refuseUnknown('option of profile()', options, { runs: true, signal: true });
    return this.#enqueue(async ({ planned }) => {
      const { profileModel } = await import('./profile/index.ts');
      return profileModel(planned, checked, options, this.#options.onProgress);
    }, options.signal);
  }

  /**
   * Compares every node of the plan with its float64 reference; `webgpu` only.
   * @throws the signal's reason
   */
  async verify(feeds: FeedsObject, options: VerifyOptions = {}): Promise<VerifyReport> {
    const checked = checkFeeds(this.inputs, feeds);
    refuseUnknown('option of verify()', options, { signal: true });
    return this.#enqueue(async ({ planned }) => {
      const { verifyModel } = await import('./verify.ts');
      return verifyModel(planned, this.outputNames, checked, options, this.#options.onProgress);
    }, options.signal);
  }

  /**
   * Plans for the given input shapes (needed only for symbolic ones) without running.
   * @throws WgconvError `unknown-input`, `wrong-shape`, naming it
   * @throws the signal's reason
   */
  async prepare(
    shapes: Readonly<Record<string, readonly number[]>> = {},
    options: PrepareOptions = {},
  ): Promise<void> {
    refuseUnknown('option of prepare()', options, { signal: true });
    const { signal } = options;
    const all = checkShapes(this.inputs, shapes);
    await this.#enqueue(({ planned }) => planned.compile(all, signal), signal);
  }

  /**
   * After the loss of the GPU: makes a new device and loads the model onto it. The next `run()` and
   * the like do so by themselves; who uses `session.device` calls this. Without a loss it does nothing.
   * @throws DeviceLostError where the lost device was the caller's own
   */
  async recover(): Promise<void> {
    await this.#enqueue(async () => {});
  }

  /**
   * Where every node of the latest plan runs and why, which nodes of the model are left out and why,
   * algorithms, memory.
   */
  report(): SessionReport {
    const report = this.#runtime.planned.report();
    const { original, notes } = this.#model;
    return { ...report, leftOut: leftOut(original, report.nodes), files: [...notes] };
  }

  /** All choices that tuning knows, for `{ tuning }` of another session; undefined with none. */
  tuning(): Tuning | undefined {
    return this.#runtime.planned.tuning();
  }

  /**
   * Gives all GPU memory back, after what was called before: that still completes (a signal ends it
   * sooner). What is called later fails as `disposed`.
   */
  dispose(): Promise<void> {
    this.#disposed ??= this.#queue.then(() => this.#runtime.dispose());
    return this.#disposed;
  }

  /**
   * What was called before the device was lost fails with it; what is called later finds a new one.
   */
  #enqueue<T>(work: (runtime: Runtime) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#disposed) throw new WgconvError('disposed', 'this session was disposed');
    signal?.throwIfAborted();
    const wasLost = this.#runtime.isLost;
    const result = this.#queue.then(async () => {
      signal?.throwIfAborted();
      if (wasLost && this.#runtime.isLost) this.#runtime = await this.#runtime.revive();
      this.#runtime.throwIfLost();
      return this.#runtime.race(work(this.#runtime));
    });
    this.#queue = result.catch(() => {});
    return abortable(signal, result);
  }
}
