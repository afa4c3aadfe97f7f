/** Interleaved timing: engines in random order, medians, and paired ratios with their interval. */

export interface Timing {
  /** Milliseconds. */
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly runs: number;
}

export interface Ratio {
  /** Median of peer time ÷ own time over the rounds in which both ran. */
  readonly median: number;
  /** 95 % interval of that median. */
  readonly low: number;
  readonly high: number;
}

export interface Budget {
  readonly rounds: number;
  readonly seconds: number;
  readonly leastRounds: number;
}

/** A contestant that needs more than so many times the budget for the least rounds gets fewer. */
const patience = 4;
/** In seconds, where the budget is less. */
const leastPatience = 3;

/**
 * Milliseconds of every contestant in every round; the order within a round is shuffled. Ends after
 * `rounds` or `seconds`, whichever comes first, but not before `leastRounds`. One that is very slow
 * takes part in the first rounds only, in two at the least; its list of times is shorter then.
 * `known` are seconds of contestants that are warm already and too slow to be tried out again.
 */
export async function interleave(
  contestants: ReadonlyMap<string, () => Promise<void>>,
  budget: Budget,
  onRound: (round: number) => void,
  known: ReadonlyMap<string, number> = new Map(),
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>([...contestants.keys()].map((name) => [name, []]));
  const most = new Map<string, number>();
  for (const [name, run] of contestants) {
    const seconds = known.get(name) ?? (await warmSeconds(run));
    const allowed = patience * Math.max(leastPatience, budget.seconds);
    const slow = seconds * budget.leastRounds > allowed;
    most.set(name, slow ? Math.max(2, Math.floor(allowed / seconds)) : Number.POSITIVE_INFINITY);
  }
  const start = performance.now();
  for (let round = 0; round < budget.rounds; round++) {
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed > budget.seconds && round >= budget.leastRounds) break;
    for (const [name, run] of shuffled([...contestants])) {
      if (round >= (most.get(name) ?? 0)) continue;
      const begin = performance.now();
      await run();
      times.get(name)?.push(performance.now() - begin);
    }
    onRound(round + 1);
  }
  return times;
}

async function warmSeconds(run: () => Promise<void>): Promise<number> {
  await run();
  const begin = performance.now();
  await run();
  return (performance.now() - begin) / 1000;
}

export function timingOf(milliseconds: readonly number[]): Timing {
  return {
    median: quantile(milliseconds, 0.5),
    p10: quantile(milliseconds, 0.1),
    p90: quantile(milliseconds, 0.9),
    runs: milliseconds.length,
  };
}

/** Peer ÷ own, paired by round; the interval of the median by order statistics. */
export function ratioOf(own: readonly number[], peer: readonly number[]): Ratio {
  const paired = Math.min(own.length, peer.length);
  const ratios = own
    .slice(0, paired)
    .map((time, round) => (peer[round] as number) / time)
    .sort((a, b) => a - b);
  const half = (1.96 * Math.sqrt(ratios.length)) / 2;
  const at = (index: number) =>
    ratios[Math.min(ratios.length - 1, Math.max(0, Math.round(index)))] as number;
  const middle = (ratios.length - 1) / 2;
  return { median: quantile(ratios, 0.5), low: at(middle - half), high: at(middle + half) };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

function shuffled<T>(items: T[]): T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
