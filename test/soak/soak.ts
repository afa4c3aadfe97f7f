/**
 * What a busy page does for hours: two users at once create sessions of several models, run them with
 * changing shapes, overlap and abort runs, read values inside, make mistakes, and dispose; now and then
 * the device is lost.
 */

import { DeviceLostError, type InferenceSession, Tensor, WgconvError } from '../../src/index.ts';
import { generator } from '../support/random.ts';
import { loseDevice } from './live-objects.ts';
import { feedsOf, type SoakModel } from './models.ts';

export interface SoakTally {
  /** How often each thing was done. */
  readonly done: Readonly<Record<string, number>>;
  /** What must not happen: wrong answers, errors of other kinds than wgconv's. */
  readonly faults: readonly string[];
}

interface Open {
  readonly model: SoakModel;
  readonly session: InferenceSession;
  /** Things being done with it. */
  busy: number;
}

/** Sessions at once, at most, beside the one that stays. */
const mostOpen = 4;
/** Longest time, in milliseconds, after which something is aborted. */
const longestPatience = 120;

/** The reason of every abort here: what else rejects is a fault. */
const changedMind = new DOMException('the user changed their mind', 'AbortError');

export class Soak {
  readonly #models: readonly SoakModel[];
  readonly #random: () => number;
  readonly #open: Open[] = [];
  /** By model and shape: the digest of the outputs of its first run. */
  readonly #known = new Map<string, number>();
  readonly #done: Record<string, number> = {};
  readonly #faults: string[] = [];
  #resident: Open | undefined;

  constructor(models: readonly SoakModel[], seed: number) {
    this.#models = models;
    this.#random = generator(seed);
  }

  get tally(): SoakTally {
    return { done: { ...this.#done }, faults: [...this.#faults] };
  }

  get sessions(): number {
    return this.#open.length + (this.#resident ? 1 : 0);
  }

  /**
   * Each model with each of its shapes once, so that what the page learns once is there; one session
   * stays, and keeps the device.
   */
  async warmUp(onModel: (name: string) => void): Promise<void> {
    for (const model of this.#models) {
      onModel(model.name);
      const open = { model, session: await model.create({}), busy: 0 };
      for (const dims of model.shapes) await this.#run(open, dims);
      if (this.#resident) await open.session.dispose();
      else this.#resident = open;
    }
    await this.#rest();
  }

  /** Two users act for some seconds; then every session is disposed but the one that stays. */
  async stretch(seconds: number): Promise<SoakTally> {
    const end = performance.now() + seconds * 1000;
    const user = async () => {
      while (performance.now() < end) await this.#act();
    };
    await Promise.all([user(), user()]);
    await this.#rest();
    return this.tally;
  }

  async #rest(): Promise<void> {
    for (const { session } of this.#open.splice(0)) await session.dispose();
    if (this.#resident) await this.#run(this.#resident, this.#resident.model.shapes[0]);
  }

  async close(): Promise<void> {
    await this.#resident?.session.dispose();
    this.#resident = undefined;
  }

  async #act(): Promise<void> {
    const [name, action] = this.#chosen();
    try {
      await action();
      this.#done[name] = (this.#done[name] ?? 0) + 1;
    } catch (error) {
      const expected = error === changedMind || error instanceof DeviceLostError;
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (!expected) this.#fault(`${name}: ${what}`);
    }
  }

  #chosen(): readonly [string, () => Promise<void>] {
    const open = this.#pick(this.#open);
    if (!open || (this.#open.length < mostOpen && this.#random() < 0.1)) {
      return ['create', () => this.#create()];
    }
    const with_ = (work: (open: Open) => Promise<void>) => async () => {
      open.busy++;
      try {
        await work(open);
      } finally {
        open.busy--;
      }
    };
    const dice = this.#random();
    if (dice < 0.5) return ['run', with_((it) => this.#run(it))];
    if (dice < 0.65) return ['overlapping runs', with_((it) => this.#overlap(it))];
    if (dice < 0.75) return ['aborted run', with_((it) => this.#abortRun(it))];
    if (dice < 0.8) return ['run on the GPU', with_((it) => this.#keepOnGpu(it))];
    if (dice < 0.84) return ['activations', with_((it) => this.#lookInside(it))];
    if (dice < 0.88) return ['mistake', with_((it) => this.#mistake(it))];
    if (dice < 0.89) return ['profile', with_((it) => this.#profile(it))];
    if (dice < 0.93) return ['aborted create', () => this.#abortCreate()];
    if (dice < 0.935) return ['lost device', () => this.#loseDevice(open)];
    if (open.busy > 0) return ['run', with_((it) => this.#run(it))];
    return ['dispose', () => this.#dispose(open)];
  }

  async #create(): Promise<void> {
    const model = this.#pick(this.#models);
    if (!model) return;
    this.#open.push({ model, session: await model.create({}), busy: 0 });
  }

  async #abortCreate(): Promise<void> {
    const model = this.#pick(this.#models);
    const session = await model?.create({ signal: this.#impatience() });
    await session?.dispose(); // it was faster
  }

  async #dispose(open: Open): Promise<void> {
    this.#open.splice(this.#open.indexOf(open), 1);
    await open.session.dispose();
  }

  async #run(
    { session, model }: Open,
    dims = this.#pick(model.shapes) ?? [],
    signal?: AbortSignal,
  ): Promise<void> {
    const outputs = await session.run(feedsOf(session, dims), { ...(signal && { signal }) });
    await this.#check(model, dims, outputs);
  }

  async #overlap(open: Open): Promise<void> {
    await Promise.all([
      this.#run(open),
      this.#run(open),
      this.#abortRun(open).catch((error: unknown) => {
        if (error !== changedMind) throw error;
      }),
      this.#run(open),
    ]);
  }

  #abortRun(open: Open): Promise<void> {
    return this.#run(open, undefined, this.#impatience());
  }

  async #keepOnGpu(open: Open): Promise<void> {
    const { session, model } = open;
    const dims = this.#pick(model.shapes) ?? [];
    // A later run overwrites what stays there: the other user may have one in the queue.
    const alone = open.busy === 1;
    const outputs = await session.run(feedsOf(session, dims), { location: 'gpu-buffer' });
    if (alone && open.busy === 1) await this.#check(model, dims, outputs, () => open.busy === 1);
  }

  async #lookInside({ session, model }: Open): Promise<void> {
    const node = this.#pick(session.graph.nodes);
    const name = node?.outputs[0];
    if (!name) return;
    const dims = model.shapes[0] ?? [];
    const values = await session.activations(feedsOf(session, dims), [name]);
    if (!values[name]) this.#fault(`activations: no value "${name}"`);
  }

  async #mistake({ session }: Open): Promise<void> {
    const wrong = { [session.inputNames[0] as string]: new Tensor('float32', [1, 2, 3], [3]) };
    const error = await session.run(wrong).catch((reason: unknown) => reason);
    if (!(error instanceof WgconvError) || error.code !== 'wrong-shape') {
      this.#fault(`mistake: ${error}`);
    }
  }

  async #loseDevice({ session: { device } }: Open): Promise<void> {
    if (device) loseDevice(device);
  }

  async #profile({ session, model }: Open): Promise<void> {
    await session.profile(feedsOf(session, model.shapes[0] ?? []));
  }

  /** The same feeds give the same outputs, whatever ran before and beside. */
  async #check(
    model: SoakModel,
    dims: readonly number[],
    outputs: Readonly<Record<string, Tensor>>,
    stillValid = () => true,
  ): Promise<void> {
    const values = await Promise.all(Object.values(outputs).map((tensor) => tensor.getData()));
    if (!stillValid()) return;
    const key = `${model.name} ${dims.join('x')}`;
    const digest = values.reduce((state, value) => digestOf(value as Float32Array, state), 1);
    const known = this.#known.get(key) ?? digest;
    this.#known.set(key, known);
    if (digest !== known) this.#fault(`${key}: another answer than at first`);
  }

  #impatience(): AbortSignal {
    const controller = new AbortController();
    setTimeout(() => controller.abort(changedMind), this.#random() * longestPatience);
    return controller.signal;
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }

  #fault(fault: string): void {
    if (this.#faults.length < 100) this.#faults.push(fault);
  }
}

/** FNV-1a over the elements' bits, on top of the state so far. */
function digestOf({ buffer, byteOffset, length }: Float32Array, state: number): number {
  let digest = state;
  for (const word of new Uint32Array(buffer, byteOffset, length)) {
    digest = Math.imul(digest ^ word, 0x01000193) >>> 0;
  }
  return digest;
}
