/**
 * A plan with what tuning found. The rest of tuning is fetched only where there is something for
 * this session, or where it is asked for.
 */

import { version } from '../core/version.ts';
import type { GpuContext } from '../gpu/device.ts';
import type { Graph } from '../graph/graph.ts';
import { createPlan } from '../plan/create-plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { SessionOptions } from './options.ts';
import type { TunedGraph } from './tune/index.ts';
import { tuningDatabase } from './tune/tuning.ts';

/** What plans are told. */
export interface PlansOptions extends SessionOptions {
  /** The graph is a part of a model: algorithms may be forced that only the others offer. */
  readonly isStage?: boolean | undefined;
}

export interface TunedPlan {
  readonly plan: Plan;
  readonly tuned?: TunedGraph | undefined;
}

export async function planTuned(
  context: GpuContext,
  prepared: Graph,
  original: Graph,
  options: PlansOptions,
): Promise<TunedPlan> {
  const { algorithm, isStage, tune, tuning, signal, onProgress } = options;
  const plan = (algorithms?: Readonly<Record<string, string>>) =>
    createPlan(prepared, context.caps, {
      ...{ algorithm, isStage, original, tuned: algorithms },
      // What fails to compile is reported where it is waited for.
      onDispatch: ({ kernel, variant }) => {
        context.pipelines.get(kernel, variant).catch(() => {});
      },
    });
  if (!(await wantsTuning(options))) return { plan: await plan() };
  const { tuneGraph } = await import('./tune/index.ts');
  const tuned = await tuneGraph(context, prepared, {
    ...{ full: tune === 'full', tuning, version, signal, onProgress },
  });
  const first = await plan(tuned.algorithms);
  const valid = tuned.stillValid(first);
  const stale = Object.keys(valid).length < Object.keys(tuned.algorithms).length;
  return { plan: stale ? await plan(valid) : first, tuned };
}

async function wantsTuning({ tune, tuning, algorithm }: SessionOptions): Promise<boolean> {
  // A forced algorithm leaves nothing to choose.
  if (tune === 'off' || algorithm) return false;
  if (tune === 'full' || tuning) return true;
  const databases = await globalThis.indexedDB?.databases?.().catch(() => []);
  return !!databases?.some(({ name }) => name === tuningDatabase);
}
