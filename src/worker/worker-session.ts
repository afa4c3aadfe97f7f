/** `WorkerSession`: the interface of `InferenceSession` in the page, the session itself in a worker. */

import { proxy, transfer } from 'comlink';
import { WgconvError } from '../core/errors.ts';
import { checkGiven, insist } from '../core/refuse-unknown.ts';
import type { Tensor } from '../core/tensor.ts';
import type { ActivationOptions } from '../session/activations.ts';
import type { Progress, RunOptions } from '../session/backend.ts';
import { checkFeeds, type FeedsObject } from '../session/check-feeds.ts';
import type { ModelSource } from '../session/load-model.ts';
import { Loading } from '../session/loading.ts';
import { checkOptions, type SessionOptions, sessionOptions } from '../session/options.ts';
import type { Profile, ProfileOptions } from '../session/profile/index.ts';
import type { SessionReport } from '../session/report.ts';
import type { InferenceSession, PrepareOptions } from '../session/session.ts';
import type { Tuning, TuningStore } from '../session/tune/tuning.ts';
import type { VerifyOptions, VerifyReport } from '../session/verify.ts';
import { Connection } from './connection.ts';
import type { Created } from './messages.ts';
import { refuseUnfit, toPlainModel, toPlainOptions } from './plain-options.ts';
import { fromPlainTensors, toPlainTensors } from './plain-tensors.ts';
import type { ArgumentsOf, Method, ResultOf } from './session-host.ts';

/** Options of `InferenceSession.create` that can enter a worker, and those of the worker. */
export interface WorkerSessionOptions extends Omit<SessionOptions, 'transform' | 'gpu'> {
  readonly gpu?: Omit<NonNullable<SessionOptions['gpu']>, 'device'> | undefined;
  /**
   * The worker that computes, for as many sessions as are given it: one that `startWorker` gave, or one
   * of your own whose script imports `wgconv/worker-main`. It outlives its sessions; end it with
   * `terminate()`. Without this option all sessions of a page share one, which goes with the last.
   */
  readonly worker?: Worker | undefined;
  /**
   * Bytes of the model and of its external data go to the worker without a copy (the default), and
   * are of no use to the page any more; `false` copies them.
   */
  readonly transfer?: boolean | undefined;
}

export interface FeedOptions {
  /**
   * The memory of the feeds goes to the worker without a copy: the tensors, and whatever else sees
   * their memory, are of no use to the page any more. By default it is copied.
   */
  readonly transfer?: boolean | undefined;
}

export interface WorkerRunOptions extends Omit<RunOptions, 'location'>, FeedOptions {
  readonly location?: 'cpu' | undefined;
}

export interface WorkerActivationOptions extends Omit<ActivationOptions, 'location'>, FeedOptions {
  readonly location?: 'cpu' | undefined;
}

export interface WorkerProfileOptions extends ProfileOptions, FeedOptions {}

export interface WorkerVerifyOptions extends VerifyOptions, FeedOptions {}

/** What a worker makes of a member of `InferenceSession`: a method's result comes as a promise. */
type Crossed<T> = T extends (...args: never[]) => infer R
  ? (...args: never[]) => Promise<Awaited<R>>
  : T;

/**
 * The members of `InferenceSession`. Its `graph` stays in the worker: it holds all weights. So does its
 * device, which no other thread can have.
 */
export type SessionSurface = {
  readonly [K in Exclude<keyof InferenceSession, 'graph' | 'device'>]: Crossed<InferenceSession[K]>;
} & { readonly device: undefined };

/**
 * A model that is loaded, run and verified in a worker: the page stays free, whatever the backend.
 *
 * ```ts
 * const session = await WorkerSession.create('model.onnx', { backend: 'cpu' });
 * const { output } = await session.run({ input: new Tensor('float32', data, [1, 3, 224, 224]) });
 * ```
 */
export class WorkerSession implements SessionSurface {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Names, element types and (possibly symbolic) shapes of the inputs. */
  readonly inputs: Created['inputs'];
  readonly backend: 'webgpu' | 'cpu';
  /** The worker's device cannot be shared with the page. */
  readonly device = undefined;
  readonly #connection: Connection;
  readonly #id: number;
  #caps: Created['caps'];
  #disposed: Promise<void> | undefined;

  private constructor(connection: Connection, created: Created) {
    const { id, inputs, outputNames, backend, caps } = created;
    this.inputs = inputs;
    this.inputNames = inputs.map(({ name }) => name);
    this.outputNames = outputNames;
    this.backend = backend;
    this.#connection = connection;
    this.#id = id;
    this.#caps = caps;
  }

  /**
   * @param model URL of an ONNX file or of a `model.json` (Keras, TensorFlow.js), or its bytes, or a
   * graph; relative addresses are those of the page
   * @throws WgconvError as `InferenceSession.create`, and `worker-failed` where the worker does not start
   */
  static async create(
    model: ModelSource,
    options: WorkerSessionOptions = {},
  ): Promise<WorkerSession> {
    checkGiven('option', options);
    const { worker, transfer: move = true, signal, onProgress, tuning, ...rest } = options;
    const store = isStore(tuning) ? tuning : undefined;
    const buffers = new Set<ArrayBuffer>();
    const plain = toPlainOptions({ ...rest, ...(store ? {} : { tuning }) }, move, buffers);
    checkOptions(options, workerOptions);
    checkTransfer(move);
    const source = toPlainModel(model, move, buffers);
    const connection = Connection.open(worker);
    try {
      const { value } = await connection.call<Created>(
        signal,
        (remote, ticket) =>
          remote.create(
            ticket,
            transfer([source, plain], [...buffers]),
            onProgress && proxy((progress: Progress) => onProgress(progress)),
            store &&
              proxy({ load: () => store.load(), save: (found: Tuning) => store.save(found) }),
          ),
        // Aborted when it was there already.
        ({ id }) => {
          connection
            .call(undefined, (remote, ticket) => remote.dispose(ticket, id))
            .catch(() => {});
        },
      );
      return new WorkerSession(connection, value);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** As `create`, whose progress can be iterated meanwhile. */
  static load(model: ModelSource, options: WorkerSessionOptions = {}): Loading<WorkerSession> {
    return new Loading(
      (onProgress) => WorkerSession.create(model, { ...options, onProgress }),
      options.onProgress,
    );
  }

  /** What the worker's device can do; undefined on the `cpu` backend. */
  get caps(): Created['caps'] {
    return this.#caps;
  }

  /**
   * Runs the model once. Overlapping calls queue and all succeed, in order.
   * @throws WgconvError `missing-input`, `unknown-input`, `wrong-type`, `wrong-shape`, naming it
   * @throws the signal's reason
   */
  async run(feeds: FeedsObject, options: WorkerRunOptions = {}): Promise<Record<string, Tensor>> {
    const { plain, rest, way } = this.#pack(feeds, options);
    return fromPlainTensors(await this.#call('run', [plain, rest], way));
  }

  /**
   * Reads values inside the model: those that are named as the model names them, or all that its
   * nodes read and make.
   * @throws WgconvError `invalid-argument` where the model has no value of a name
   */
  async activations(
    feeds: FeedsObject,
    names?: readonly string[],
    options: WorkerActivationOptions = {},
  ): Promise<Record<string, Tensor>> {
    const { plain, rest, way } = this.#pack(feeds, options);
    return fromPlainTensors(await this.#call('activations', [plain, names, rest], way));
  }

  /** The time of every node, its arithmetic, bytes and share of the device's ceiling; a trace of it. */
  async profile(feeds: FeedsObject, options: WorkerProfileOptions = {}): Promise<Profile> {
    const { plain, rest, way } = this.#pack(feeds, options);
    const { profile, trace } = await this.#call('profile', [plain, rest], way);
    return Object.defineProperty(profile, 'trace', { value: () => trace });
  }

  /** Compares every node of the plan with its float64 reference; `webgpu` only. */
  async verify(feeds: FeedsObject, options: WorkerVerifyOptions = {}): Promise<VerifyReport> {
    const { plain, rest, way } = this.#pack(feeds, options);
    return this.#call('verify', [plain, rest], way);
  }

  /**
   * Plans for the given input shapes (needed only for symbolic ones) without running.
   * @throws WgconvError `unknown-input`, `wrong-shape`, naming it
   */
  async prepare(
    shapes: Readonly<Record<string, readonly number[]>> = {},
    options: PrepareOptions = {},
  ): Promise<void> {
    checkGiven('option of prepare()', options);
    const { signal, ...rest } = options;
    return this.#call('prepare', [shapes, rest], { signal });
  }

  /** After the loss of the GPU: makes a new device and loads the model onto it, as the next run does. */
  async recover(): Promise<void> {
    return this.#call('recover', []);
  }

  /** Where every node of the latest plan runs and why, algorithms, memory. */
  async report(): Promise<SessionReport> {
    return this.#call('report', []);
  }

  /** All choices that tuning knows, for `{ tuning }` of another session; undefined with none. */
  async tuning(): Promise<Tuning | undefined> {
    return this.#call('tuning', []);
  }

  /**
   * Gives all GPU memory back, after what was called before. The worker ends with its last session,
   * unless it was given.
   */
  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    try {
      await this.#connection.call(undefined, (remote, ticket) => remote.dispose(ticket, this.#id));
    } catch (error) {
      // A worker that is gone has nothing any more.
      if (!(error instanceof WgconvError && error.code === 'worker-failed')) throw error;
    } finally {
      this.#connection.close();
    }
  }

  /** Feeds and options as they go to the worker. */
  #pack<O extends AnyOptions>(feeds: FeedsObject, options: O) {
    const checked = checkFeeds(this.inputs, feeds);
    checkGiven('option', options);
    const { transfer: move = false, signal, ...rest } = options;
    refuseUnfit(rest);
    checkTransfer(move);
    // Before any memory goes.
    this.#checkAlive();
    signal?.throwIfAborted();
    const buffers = new Set<ArrayBuffer>();
    const plain = toPlainTensors(checked, move, buffers);
    if (move) for (const tensor of checked.values()) tensor.dispose();
    return { plain, rest, way: { signal, buffers } };
  }

  async #call<M extends Method>(
    method: M,
    args: ArgumentsOf<M>,
    { signal, buffers = new Set() }: Way = {},
  ): Promise<ResultOf<M>> {
    this.#checkAlive();
    const answer = await this.#connection.call<ResultOf<M>>(signal, (remote, ticket) =>
      remote.call(ticket, this.#id, method, transfer(args, [...buffers])),
    );
    if ('caps' in answer) this.#caps = answer.caps;
    return answer.value;
  }

  #checkAlive(): void {
    if (this.#disposed) throw new WgconvError('disposed', 'this session was disposed');
  }
}

interface AnyOptions extends FeedOptions {
  readonly signal?: AbortSignal | undefined;
  readonly location?: 'cpu' | undefined;
}

/** What goes with a call beside its arguments. */
interface Way {
  readonly signal?: AbortSignal | undefined;
  /** Memory that goes along without a copy. */
  readonly buffers?: ReadonlySet<ArrayBuffer>;
}

const { transform: _, ...fit } = sessionOptions;
const workerOptions: Readonly<Record<keyof WorkerSessionOptions, true>> = {
  ...fit,
  ...{ worker: true, transfer: true },
};

function checkTransfer(move: unknown): void {
  insist(typeof move === 'boolean', `transfer takes true or false, not ${move}`);
}

function isStore(tuning: SessionOptions['tuning']): tuning is TuningStore {
  return typeof (tuning as Partial<TuningStore> | undefined)?.load === 'function';
}
