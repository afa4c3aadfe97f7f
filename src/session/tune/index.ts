/** Algorithms for the nodes of a graph: those that tuning found, and with `full` those it finds now. */

import { host } from '../../core/host.ts';
import type { GpuContext } from '../../gpu/device.ts';
import type { Graph } from '../../graph/graph.ts';
import { homeOf } from '../../plan/homes.ts';
import type { Plan } from '../../plan/plan.ts';
import type { OnProgress } from '../backend.ts';
import { indexedDbStore } from './indexed-db.ts';
import { deviceKeys, problemKey, shadersOf } from './problem.ts';
import { tuneNode } from './tuner.ts';
import {
  emptyTuning,
  mergeTuning,
  type TunedChoice,
  type TunedProblem,
  type Tuning,
  type TuningStore,
  tuningOf,
} from './tuning.ts';

export interface TuneRequest {
  readonly full: boolean;
  /** A store, the choices themselves, or their address. */
  readonly tuning?: Tuning | TuningStore | string | URL | undefined;
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export class TunedGraph {
  /** By node name. */
  readonly algorithms: Readonly<Record<string, string>>;
  /** What was timed for this graph. */
  readonly problems: readonly TunedProblem[];
  /** All choices for this device. */
  readonly tuning: Tuning;
  /** What was wrong with the choices that were given. */
  readonly note: string | undefined;
  readonly #choices: ReadonlyMap<string, TunedChoice>;

  constructor(
    choices: ReadonlyMap<string, TunedChoice>,
    problems: readonly TunedProblem[],
    tuning: Tuning,
    note: string | undefined,
  ) {
    this.#choices = choices;
    this.problems = problems;
    this.tuning = tuning;
    this.note = note;
    this.algorithms = Object.fromEntries(
      [...choices].map(([name, { algorithm }]) => [name, algorithm]),
    );
  }

  /** The choices whose shaders are still those that were timed, where the plan took them. */
  stillValid(plan: Plan): Readonly<Record<string, string>> {
    return Object.fromEntries(
      plan.graph.nodes.flatMap(({ name }, index) => {
        const choice = this.#choices.get(name);
        if (!choice) return [];
        const taken = plan.nodes[index]?.algorithm === choice.algorithm;
        return taken && shadersOf(plan, index) !== choice.shaders
          ? []
          : [[name, choice.algorithm] as const];
      }),
    );
  }
}

/**
 * @throws the signal's reason where it is aborted; what was found until then is kept
 */
export async function tuneGraph(
  context: GpuContext,
  graph: Graph,
  { full, tuning, version, signal, onProgress }: TuneRequest,
): Promise<TunedGraph> {
  const { store, given } = await source(tuning, signal);
  const found = tuningOf(given);
  const foreign = given !== undefined && given !== null && !found;
  const note = foreign ? 'what was kept is no tuning, and counts as none' : undefined;
  let kept = found ?? emptyTuning;
  const devices = deviceKeys(context.caps, version);
  const device = devices.find((key) => kept.devices[key]) ?? devices[0];
  const byProblem = new Map<string, string[]>();
  for (const node of graph.nodes) {
    if (homeOf(node, graph).home !== 'device') continue;
    const key = problemKey(node, graph);
    byProblem.set(key, [...(byProblem.get(key) ?? []), node.name]);
  }
  const choices = new Map<string, TunedChoice>();
  const problems: TunedProblem[] = [];
  let fresh: Record<string, TunedChoice> = {};
  const save = async () => {
    kept = mergeTuning(kept, { ...emptyTuning, devices: { [device]: fresh } });
    fresh = {};
    // Where nothing can be kept, this session still has its choices.
    await (async () => store?.save(kept))().catch(() => {});
  };
  let done = 0;
  try {
    for (const [key, nodes] of byProblem) {
      signal?.throwIfAborted();
      const known = kept.devices[device]?.[key];
      let choice = known;
      if (!known && full) {
        const node = graph.nodes.find(({ name }) => name === nodes[0]);
        onProgress?.({ stage: 'tune', done, total: byProblem.size, detail: nodes[0] });
        const tuned = node && (await tuneNode(context, node, graph, nodes, key));
        if (tuned) {
          problems.push(tuned.problem);
          choice = tuned.choice;
          fresh[key] = tuned.choice;
        }
      }
      if (choice) for (const name of nodes) choices.set(name, choice);
      done++;
    }
    if (full) onProgress?.({ stage: 'tune', done, total: byProblem.size });
  } finally {
    if (Object.keys(fresh).length > 0) await save();
  }
  return new TunedGraph(choices, problems, kept, note);
}

async function source(tuning: TuneRequest['tuning'], signal: AbortSignal | undefined) {
  if (typeof tuning === 'string' || tuning instanceof URL) {
    // A page works without its choices, too: what cannot be had counts as foreign.
    return {
      given: await host
        .fetch(tuning, { signal: signal ?? null })
        .then((answer) => answer.json(), String)
        .catch(String),
    };
  }
  if (tuning !== undefined && !isStore(tuning)) return { given: tuning };
  const store = tuning ?? indexedDbStore;
  // A store of a page's own may throw at once, or give its record without a promise.
  return { store, given: await (async () => store.load())().catch(String) };
}

function isStore(tuning: Tuning | TuningStore): tuning is TuningStore {
  return typeof (tuning as Partial<TuningStore> | null)?.load === 'function';
}
