/** Where a run that takes long is submitted in parts. */

import type { Plan } from './plan.ts';

/** A page draws nothing while a submission runs, and systems end those that take seconds. */
const longestSubmission = 0.25;

/** Steps before which to submit, so that none is estimated to take longer where that can be. */
export function pausesOf({ steps, nodes }: Pick<Plan, 'steps' | 'nodes'>): Set<number> {
  const pauses = new Set<number>();
  let seconds = 0;
  let node = -1;
  for (const [index, step] of steps.entries()) {
    if (step.kind !== 'dispatch' || step.node === node) continue;
    node = step.node;
    const [chosen] = nodes[node]?.candidates ?? [];
    const own = chosen?.seconds ?? 0;
    if (seconds > 0 && seconds + own > longestSubmission) {
      pauses.add(index);
      seconds = 0;
    }
    seconds += own;
  }
  return pauses;
}
