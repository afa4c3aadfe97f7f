/** The engine over `InferenceSession`; the same code in the page and in Node. */

import { elementsOf, Tensor } from '../core/tensor.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import { GpuContext } from '../gpu/device.ts';
import type { DeviceOptions } from '../gpu/request-device.ts';
import { optimise } from '../passes/index.ts';
import { randomiseWeights } from '../passes/random-weights.ts';
import type { OnProgress } from '../session/backend.ts';
import type { SessionOptions } from '../session/options.ts';
import type { ProfileOptions } from '../session/profile/index.ts';
import type { ProfileData } from '../session/profile/times.ts';
import type { SessionReport } from '../session/report.ts';
import { InferenceSession } from '../session/session.ts';
import { emptyTuning, tuningOf } from '../session/tune/tuning.ts';
import type { VerifyReport } from '../session/verify.ts';
import type {
  CaseInputs,
  CaseResult,
  Engine,
  EngineOptions,
  ModelFacts,
  ModelFile,
  ModelOptions,
  NamedTensor,
  RanOn,
  RunResult,
  TuningResult,
} from './engine.ts';
import { UsageError } from './failure.ts';

export class SessionEngine implements Engine {
  readonly #options: EngineOptions;
  readonly #onProgress: OnProgress | undefined;
  /** Kept for as long as the engine, so that the device outlives each session on it. */
  #context: GpuContext | undefined;
  #session: InferenceSession | undefined;

  constructor(options: EngineOptions, onProgress?: OnProgress) {
    this.#options = options;
    this.#onProgress = onProgress;
  }

  async device(): Promise<DeviceCaps | undefined> {
    return (await this.#gpu())?.caps;
  }

  async open(model: ModelFile, options: ModelOptions): Promise<ModelFacts> {
    await this.#session?.dispose();
    this.#session = undefined;
    const session = await this.#create(model, options, this.#onProgress);
    this.#session = session;
    const outputs = session.outputNames.map((name) => ({
      name,
      ...session.graph.types.get(name),
    }));
    return { inputs: session.inputs, outputs };
  }

  async prepare(shapes: Readonly<Record<string, readonly number[]>>): Promise<SessionReport> {
    await this.#opened().prepare(shapes);
    return this.#opened().report();
  }

  async tuning(): Promise<TuningResult> {
    const session = this.#opened();
    const { tuned = [] } = session.report();
    return { problems: tuned, tuning: session.tuning() ?? emptyTuning };
  }

  async run(feeds: readonly NamedTensor[]): Promise<RunResult> {
    const session = this.#opened();
    const tensors = feedsOf(feeds);
    const start = performance.now();
    const results = await session.run(tensors);
    const milliseconds = performance.now() - start;
    return { outputs: namedOutputs(session, results), milliseconds };
  }

  async verify(feeds: readonly NamedTensor[]): Promise<VerifyReport> {
    return this.#opened().verify(feedsOf(feeds));
  }

  async profile(feeds: readonly NamedTensor[], options: ProfileOptions): Promise<ProfileData> {
    return this.#opened().profile(feedsOf(feeds), options);
  }

  async runCase(
    model: ModelFile,
    sets: readonly CaseInputs[],
    options: ModelOptions,
  ): Promise<CaseResult> {
    // Hundreds of cases: the bar counts those, not what happens inside one.
    const session = await this.#create(model, options, undefined);
    try {
      const outputs: NamedTensor[][] = [];
      for (const inputs of sets) {
        const results = await session.run(feedsOf(nameInputs(session, inputs)));
        outputs.push(namedOutputs(session, results));
      }
      return { outputs, ranOn: ranOn(session.report()) };
    } finally {
      await session.dispose();
    }
  }

  async close(): Promise<void> {
    await this.#session?.dispose();
    this.#context?.release();
  }

  #opened(): InferenceSession {
    if (!this.#session) throw new Error('no model is open');
    return this.#session;
  }

  async #create(
    model: ModelFile,
    { algorithm, randomWeights, tune, tuning }: ModelOptions,
    onProgress: OnProgress | undefined,
  ): Promise<InferenceSession> {
    await this.#gpu();
    const options: SessionOptions = {
      backend: this.#options.backend,
      externalData: model.externalData,
      algorithm,
      // The browser's profile is a new one each time: nothing but what is given is kept in it.
      ...(tune && { tune, tuning: tuningOf(tuning) ?? emptyTuning }),
      onProgress,
      gpu: this.#deviceOptions(),
      // Folded first: weights may be made by ConstantOfShape.
      transform:
        randomWeights === undefined
          ? undefined
          : async (graph) =>
              randomiseWeights(await optimise(graph, { foldShare: Infinity }), randomWeights),
    };
    return InferenceSession.create(model.bytes, options);
  }

  async #gpu(): Promise<GpuContext | undefined> {
    if (this.#options.backend === 'cpu') return undefined;
    // A device that was lost takes its session with it, not those after it.
    if (this.#context?.isLost) this.#context = undefined;
    this.#context ??= await GpuContext.acquire(this.#deviceOptions());
    return this.#context;
  }

  /** Sessions with the same options share one device and its pipelines. */
  #deviceOptions(): DeviceOptions {
    return this.#options.compatibilityLimits ? { compatibilityLimits: true } : {};
  }
}

function feedsOf(feeds: readonly NamedTensor[]): Record<string, Tensor> {
  return Object.fromEntries(
    feeds.map((feed) => [feed.name, new Tensor(feed.type, elementsOf(feed), feed.dims)]),
  );
}

function namedOutputs(
  session: InferenceSession,
  results: Readonly<Record<string, Tensor>>,
): NamedTensor[] {
  return session.outputNames.flatMap((name) => {
    const tensor = results[name];
    if (!tensor) return [];
    const { type, dims, bytes } = tensor;
    return [{ name, type, dims, bytes }];
  });
}

/** Test inputs are in the order of the model's; some also say their input's name. */
function nameInputs(session: InferenceSession, inputs: CaseInputs): NamedTensor[] {
  const { inputNames } = session;
  const byName = inputs.every(({ name }) => inputNames.includes(name));
  const distinct = new Set(inputs.map(({ name }) => name)).size === inputs.length;
  if (byName && distinct) return [...inputs];
  return inputs.map((input, index) => {
    const name = inputNames[index];
    if (name === undefined) {
      throw new UsageError(
        `there are ${inputs.length} inputs for ${inputNames.length} of the model`,
      );
    }
    return { ...input, name };
  });
}

export function ranOn({ nodes }: SessionReport): RanOn {
  const places = new Set(nodes.map((node) => node.runsOn));
  if (places.has('cpu')) return 'cpu';
  // Beside arithmetic on the host a view is nothing; alone it is its input's memory on the GPU, which
  // goes there and comes back. A model that was folded to constants has no node and ran on the host.
  if (places.has('host')) return places.has('gpu') ? 'mixed' : 'host';
  return places.has('gpu') || places.has('view') ? 'gpu' : 'host';
}
