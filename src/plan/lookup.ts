/** Looks up what a plan is made of; what is not there is wgconv's own mistake. */

import { internal } from '../core/errors.ts';
import type { Node } from '../graph/graph.ts';
import type { Plan, PlannedValue } from './plan.ts';

export function plannedValue({ values }: Pick<Plan, 'values'>, name: string): PlannedValue {
  const value = values.get(name);
  if (!value) throw internal(`the value "${name}" is not on the device`);
  return value;
}

export function nodeOf({ graph }: Pick<Plan, 'graph'>, index: number): Node {
  const node = graph.nodes[index];
  if (!node) throw internal(`the plan has no node ${index}`);
  return node;
}

/** The nodes that run on the host, in order. */
export function hostNodes(plan: Plan): Node[] {
  return plan.steps.flatMap((step) => (step.kind === 'host' ? [nodeOf(plan, step.node)] : []));
}
