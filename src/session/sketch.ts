/**
 * A model whose graph is known while its weights are still on their way: planned with zeros in their
 * place, so that its pipelines compile meanwhile. Only a hint: the plan that runs is made of what has
 * come, and finds most of its pipelines in the device's cache.
 */

import { isStatic } from '../core/shape.ts';
import type { GpuContext } from '../gpu/device.ts';
import type { Graph } from '../graph/graph.ts';
import { optimise, prepare, shapeInputs } from '../passes/index.ts';
import { createPlan } from '../plan/create-plan.ts';
import type { SessionOptions } from './options.ts';

/** @param signal the weights are there, or nobody wants them any more */
export async function requestPipelines(
  sketch: () => Graph,
  acquired: Promise<GpuContext | undefined>,
  { disable, algorithm }: SessionOptions,
  signal: AbortSignal,
): Promise<void> {
  const context = await acquired;
  if (!context) return;
  const graph = await optimise(sketch());
  if (!graph.inputs.every(isStatic) || shapeInputs(graph).length > 0) return;
  signal.throwIfAborted();
  const { prepared } = await prepare(graph, {}, { disable });
  signal.throwIfAborted();
  await createPlan(prepared, context.caps, {
    algorithm,
    onDispatch: ({ kernel, variant }) => {
      signal.throwIfAborted();
      context.pipelines.get(kernel, variant).catch(() => {}); // told of where it is needed
    },
  });
}
