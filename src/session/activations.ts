/**
 * Values inside a model. The values that are asked for become outputs of the model, so that no pass
 * folds or fuses them away, and the graph with these outputs has plans of its own; the weights on the
 * device and the pipelines are the session's.
 */

import { WgconvError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Graph } from '../graph/graph.ts';
import { optimise } from '../passes/index.ts';
import type { Feeds } from './backend.ts';
import { closestNames } from './closest-names.ts';
import type { SessionOptions } from './options.ts';
import { planGraph } from './plan-graph.ts';
import type { PlanDevice, PlannedGraph } from './plans.ts';

export interface ActivationOptions {
  /**
   * Leave on the GPU what the GPU makes: dense, in the model's own layout, overwritten by the next
   * call with the same names. Constants, fed inputs, and what the host computes, come on the CPU.
   */
  readonly location?: 'cpu' | 'gpu-buffer' | undefined;
  /** Ends it early, as it ends a run. */
  readonly signal?: AbortSignal | undefined;
}

/** Sets of names whose plans are kept; the one not used for longest goes first. */
const keptSets = 4;

export class Activations {
  readonly #model: Graph;
  readonly #options: SessionOptions;
  /** undefined on the `cpu` backend. */
  readonly #device: PlanDevice | undefined;
  /** Names of all values. */
  readonly #values: ReadonlySet<string>;
  readonly #kept = new Map<string, PlannedGraph>();

  /** @param model the graph as it was read */
  constructor(model: Graph, options: SessionOptions, device: PlanDevice | undefined) {
    this.#model = model;
    // A forced algorithm may be one for nodes that these plans leave out, and tuning is for runs.
    const tune = options.tune === 'full' ? 'cached' : options.tune;
    this.#options = { ...options, algorithm: undefined, tune };
    this.#device = device;
    const made = model.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '');
    this.#values = new Set([
      ...model.inputs.map(({ name }) => name),
      ...model.constants.keys(),
      ...made,
    ]);
  }

  /** @throws WgconvError `invalid-argument` for a name that the model has not, with near ones. */
  async read(
    feeds: Feeds,
    names: readonly string[] | undefined,
    options: ActivationOptions,
  ): Promise<Record<string, Tensor>> {
    if (names !== undefined && !Array.isArray(names)) {
      throw new WgconvError(
        'invalid-argument',
        `activations() takes a list of names, as [${JSON.stringify(typeof names === 'string' ? names : [...this.#values].at(-1))}]`,
      );
    }
    const outputs = [...new Set(names ?? this.#computed())];
    for (const name of outputs) if (!this.#values.has(name)) throw this.#unknown(name);
    const planned = await this.#plan(outputs);
    return Object.fromEntries(await planned.run(feeds, { ...options, outputs }));
  }

  async dispose(): Promise<void> {
    for (const planned of this.#kept.values()) await planned.dispose();
    this.#kept.clear();
  }

  /** What nodes make and others read, and the model's outputs. */
  #computed(): string[] {
    const { nodes, outputs } = this.#model;
    const read = new Set([...outputs, ...nodes.flatMap(({ inputs }) => inputs)]);
    return nodes.flatMap((node) => node.outputs).filter((name) => name !== '' && read.has(name));
  }

  async #plan(outputs: readonly string[]): Promise<PlannedGraph> {
    const key = JSON.stringify(outputs.toSorted());
    let planned = this.#kept.get(key);
    if (planned) {
      this.#kept.delete(key); // most recently used last
    } else {
      const graph = await optimise({ ...this.#model, outputs });
      planned = await planGraph(graph, this.#options, this.#device);
    }
    this.#kept.set(key, planned);
    const [oldest] = this.#kept;
    if (this.#kept.size > keptSets && oldest) {
      this.#kept.delete(oldest[0]);
      await oldest[1].dispose();
    }
    return planned;
  }

  #unknown(name: unknown): WgconvError {
    const near = closestNames(String(name), this.#values);
    const shown = near.length > 0 ? near : this.#computed().slice(0, 3);
    return new WgconvError(
      'invalid-argument',
      `the model has no value "${name}"; such as it has are ${shown.map((value) => `"${value}"`).join(', ')}`,
      { value: String(name), data: { near: shown } },
    );
  }
}
