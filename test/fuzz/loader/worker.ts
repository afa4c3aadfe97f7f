/**
 * The process that models are loaded in, one at a time, as `Campaign` asks: it may hang, die or take
 * all memory, and is killed then.
 */

import { loadOperators, operatorNames } from '../../../src/ops/index.ts';
import { attempt, type Outcome } from './attempt.ts';
import { makeBases } from './bases.ts';
import { Chance } from './chance.ts';
import { type Mutant, mutantOf } from './mutants.ts';

/** Which model to make. */
export interface Task {
  readonly index: number;
}

/** The model is made: how long that takes is the fuzzer's own matter. */
export interface Made {
  readonly name: string;
}

/** Load it. */
export interface Go {
  readonly go: true;
}

export interface Report {
  readonly outcome: Outcome;
  /** Of the processor. */
  readonly milliseconds: number;
  /** The most memory that the process ever had (resident set). */
  readonly peakBytes: number;
}

/** What `Campaign` hears first. */
export interface Ready {
  readonly ready: true;
  readonly startBytes: number;
}

/** Garbage of models before is none of this one's memory. */
const collectAbove = 64 * 2 ** 20;

const peakBytes = () => process.resourceUsage().maxRSS * 1024;

/** Bases are those of the seed. */
async function answer(seed: number): Promise<void> {
  await loadOperators(operatorNames);
  const bases = makeBases(seed);
  // What loading anything takes is part of the start.
  await attempt({ ...bases.graphs[0], name: 'warm-up' } as Mutant, new Chance(seed));
  globalThis.gc?.();
  const startBytes = process.memoryUsage.rss();
  let next: { readonly mutant: Mutant; readonly index: number } | undefined;
  process.on('message', async (task: Task | Go) => {
    if ('index' in task) {
      const { index } = task;
      next = { index, mutant: mutantOf(bases, seed, index) };
      process.send?.({ name: next.mutant.name } satisfies Made);
      return;
    }
    if (!next) return;
    const start = process.cpuUsage();
    const outcome = await attempt(next.mutant, new Chance(seed, next.index, 1));
    const { user, system } = process.cpuUsage(start);
    const milliseconds = (user + system) / 1000;
    const report: Report = { outcome, milliseconds, peakBytes: peakBytes() };
    if (process.memoryUsage.rss() > startBytes + collectAbove) globalThis.gc?.();
    process.send?.(report);
  });
  process.send?.({ ready: true, startBytes } satisfies Ready);
}

// A terminal's interrupt goes to all: `Campaign` ends this process when the model is done.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
await answer(Number(process.argv[2]));
