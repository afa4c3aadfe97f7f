/** Algorithms for the nodes of a graph: those that tuning found, and with `full` those it finds now. */

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
  /** A store, or the choices themselves. */
  readonly tuning?: Tuning | TuningStore | undefined;
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
  readonly #choices: ReadonlyMap<string, TunedChoice>;

  constructor(
    choices: ReadonlyMap<string, TunedChoice>,
    problems: readonly TunedProblem[],
    tuning: Tuning,
  ) {
    this.#choices = choices;
    this.problems = problems;
    this.tuning = tuning;
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
  const isStore = tuning && 'load' in tuning;
  const store = isStore ? tuning : tuning ? undefined : indexedDbStore;
  const given = store ? await store.load().catch(() => undefined) : tuning;
  let kept = tuningOf(given) ?? emptyTuning;
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
  let found: Record<string, TunedChoice> = {};
  const save = async () => {
    kept = mergeTuning(kept, { ...emptyTuning, devices: { [device]: found } });
    found = {};
    // Where nothing can be kept, this session still has its choices.
    await store?.save(kept).catch(() => {});
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
          found[key] = tuned.choice;
        }
      }
      if (choice) for (const name of nodes) choices.set(name, choice);
      done++;
    }
    if (full) onProgress?.({ stage: 'tune', done, total: byProblem.size });
  } finally {
    if (Object.keys(found).length > 0) await save();
  }
  return new TunedGraph(choices, problems, kept);
}
