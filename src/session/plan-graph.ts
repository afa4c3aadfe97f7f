/** A graph becomes what can be run: planned whole, or in stages where shapes depend on data. */

import type { Graph } from '../graph/graph.ts';
import { findOperator } from '../ops/index.ts';
import type { SessionOptions } from './options.ts';
import { type PlanDevice, type PlannedGraph, Plans } from './plans.ts';

/** Nothing is planned yet. */
export async function planGraph(
  graph: Graph,
  options: SessionOptions,
  device: PlanDevice | undefined,
): Promise<PlannedGraph> {
  if (graph.nodes.some(({ op }) => findOperator(op)?.traits.dataDependent)) {
    const { StagedModel } = await import('./staged.ts');
    const staged = new StagedModel(graph, options, device);
    if (staged.isCut) return staged;
  }
  return new Plans(graph, options, device);
}
