/** What a plan needs before its first run: pipelines and weights on its device, references on the host. */

import type { GpuContext } from '../gpu/device.ts';
import type { CompiledKernel } from '../gpu/pipelines.ts';
import { requireOperator } from '../ops/build-node.ts';
import { hostNodes } from '../plan/lookup.ts';
import type { Plan } from '../plan/plan.ts';
import type { OnProgress } from './backend.ts';
import { References } from './evaluate.ts';
import type { IndexChecks } from './fed-indices.ts';
import type { WeightStore } from './weights.ts';

export interface LoadedPlan {
  /** By step; undefined where a step is no dispatch. */
  readonly compiled: readonly (CompiledKernel | undefined)[];
  /** Where there are nodes that take indices. */
  readonly indexChecks: IndexChecks | undefined;
  readonly references: References;
}

/** Compiles pipelines while weights upload. */
export async function loadPlan(
  context: GpuContext,
  plan: Plan,
  weights: WeightStore,
  onProgress: OnProgress | undefined,
  signal: AbortSignal | undefined,
): Promise<LoadedPlan> {
  const references = new References();
  const takesIndices = plan.graph.nodes.some(
    (node) => requireOperator(node).traits.indices?.inputs,
  );
  const uploaded = loadWeights(plan, weights, onProgress, signal);
  const [compiled, checks] = await Promise.all([
    compile(context, plan, onProgress),
    takesIndices ? import('./fed-indices.ts') : undefined,
    uploaded,
    references.load(hostNodes(plan)),
  ]).catch(async (error: unknown) => {
    await uploaded.catch(() => {}); // nothing is uploaded any more when this has failed
    throw error;
  });
  return { compiled, indexChecks: checks?.indexChecks(plan), references };
}

function compile(context: GpuContext, plan: Plan, onProgress: OnProgress | undefined) {
  const total = plan.steps.filter((step) => step.kind === 'dispatch').length;
  let done = 0;
  return Promise.all(
    plan.steps.map(async (step) => {
      if (step.kind !== 'dispatch') return undefined;
      const { kernel, variant } = step.dispatch;
      const compiled = await context.race(context.pipelines.get(kernel, variant, step.writable));
      onProgress?.({ stage: 'compile', done: ++done, total, detail: kernel.name });
      return compiled;
    }),
  );
}

function loadWeights(
  plan: Plan,
  weights: WeightStore,
  onProgress: OnProgress | undefined,
  signal: AbortSignal | undefined,
) {
  let done = 0;
  const onWeight = () =>
    onProgress?.({ stage: 'upload', done: ++done, total: plan.weights.length });
  return weights.load(plan.weights, plan.graph.constants, onWeight, signal);
}
