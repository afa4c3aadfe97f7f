/**
 * The memory plan: which pooled buffer each tensor lives in. Separate buffers, never one arena:
 * WebGPU refuses a dispatch that binds one buffer both read-only and read-write.
 */

/** A tensor's life in steps, both ends included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface MemoryPlan {
  /** Index of a buffer for each lifetime, in the order given. */
  readonly assignment: readonly number[];
  /** Bytes of each buffer. */
  readonly buffers: readonly number[];
}

/** Greatest sum of bytes that live at the same step. */
export function liveBytes(lifetimes: readonly Lifetime[]): number {
  const changes = new Map<number, number>();
  const add = (step: number, bytes: number) => changes.set(step, (changes.get(step) ?? 0) + bytes);
  for (const { bytes, first, last } of lifetimes) {
    add(first, bytes);
    add(last + 1, -bytes);
  }
  let live = 0;
  let peak = 0;
  for (const step of [...changes.keys()].sort((a, b) => a - b)) {
    live += changes.get(step) ?? 0;
    peak = Math.max(peak, live);
  }
  return peak;
}

/**
 * Greedy by size, then improved: the order of placing is perturbed (seeded, so that the same graph
 * gives the same plan) and the smallest total is kept, until it is near the lower bound.
 */
export function planMemory(lifetimes: readonly Lifetime[], attempts = 400): MemoryPlan {
  const bySize = lifetimes
    .map((_, index) => index)
    .sort((a, b) => size(lifetimes, b) - size(lifetimes, a) || a - b);
  const bound = liveBytes(lifetimes);
  let best = place(lifetimes, bySize);
  let order = bySize;
  let bestTotal = total(best);
  let seed = 0x9e3779b9;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let attempt = 0; attempt < attempts && bestTotal > bound * 1.01; attempt++) {
    const trial = [...order];
    for (let swap = 0; swap <= random(3); swap++) {
      const from = random(Math.min(trial.length, 48));
      const to = random(Math.min(trial.length, 48));
      const moved = trial.splice(from, 1);
      trial.splice(to, 0, ...moved);
    }
    const placed = place(lifetimes, trial);
    if (total(placed) <= bestTotal) {
      best = placed;
      bestTotal = total(placed);
      order = trial;
    }
  }
  return best;
}

function size(lifetimes: readonly Lifetime[], index: number): number {
  return (lifetimes[index] as Lifetime).bytes;
}

function total(plan: MemoryPlan): number {
  return plan.buffers.reduce((sum, bytes) => sum + bytes, 0);
}

/** Places tensors in the order given, each where it makes the buffers grow least. */
function place(lifetimes: readonly Lifetime[], order: readonly number[]): MemoryPlan {
  const buffers: { bytes: number; tenants: Lifetime[] }[] = [];
  const assignment = new Array<number>(lifetimes.length).fill(-1);
  for (const index of order) {
    const tensor = lifetimes[index] as Lifetime;
    let choice = -1;
    let cost = tensor.bytes;
    let waste = Number.POSITIVE_INFINITY;
    buffers.forEach((buffer, candidate) => {
      if (
        buffer.tenants.some((other) => other.first <= tensor.last && tensor.first <= other.last)
      ) {
        return;
      }
      const growth = Math.max(0, tensor.bytes - buffer.bytes);
      const unused = Math.max(0, buffer.bytes - tensor.bytes);
      if (growth < cost || (growth === cost && unused < waste)) {
        choice = candidate;
        cost = growth;
        waste = unused;
      }
    });
    if (choice < 0) {
      choice = buffers.length;
      buffers.push({ bytes: 0, tenants: [] });
    }
    const buffer = buffers[choice] as { bytes: number; tenants: Lifetime[] };
    buffer.bytes = Math.max(buffer.bytes, tensor.bytes);
    buffer.tenants.push(tensor);
    assignment[index] = choice;
  }
  return { assignment, buffers: buffers.map((buffer) => buffer.bytes) };
}
