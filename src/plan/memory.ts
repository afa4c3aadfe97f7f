/**
 * The memory plan: which pooled buffer each tensor lives in, and where in it. Several buffers, never
 * one arena: WebGPU refuses a dispatch that binds one buffer both read-only and read-write, even
 * with disjoint ranges. Tensors that no dispatch reads and writes at once may share a buffer.
 */

/** A tensor's life in steps, both ends included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

export interface Placement {
  /** Index of the buffer. */
  readonly buffer: number;
  /** Byte offset in it. */
  readonly offset: number;
}

export interface MemoryPlan {
  /** One for each lifetime, in the order given. */
  readonly placements: readonly Placement[];
  /** Bytes of each buffer. */
  readonly buffers: readonly number[];
}

/** Pairs of lifetimes that one dispatch reads and writes: never in one buffer. */
export type Conflicts = ReadonlyMap<number, ReadonlySet<number>>;

/** WebGPU's default alignment of storage buffer offsets; every device allows it. */
const offsetAlignment = 256;

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
export function planMemory(
  lifetimes: readonly Lifetime[],
  conflicts: Conflicts = new Map(),
  { attempts = 400, largestBuffer = Number.POSITIVE_INFINITY } = {},
): MemoryPlan {
  const size = (index: number) => (lifetimes[index] as Lifetime).bytes;
  let order = lifetimes.map((_, index) => index).sort((a, b) => size(b) - size(a) || a - b);
  const bound = liveBytes(lifetimes);
  const placeAll = (trial: readonly number[]) => place(lifetimes, conflicts, trial, largestBuffer);
  let best = placeAll(order);
  let seed = 0x9e3779b9;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let idle = 0;
  for (let attempt = 0; attempt < attempts && idle < 120; attempt++, idle++) {
    if (totalOf(best) <= bound * 1.02) break;
    const trial = [...order];
    const reach = Math.min(trial.length, 48);
    for (let move = 0; move <= random(3); move++) {
      trial.splice(random(reach), 0, ...trial.splice(random(reach), 1));
    }
    const placed = placeAll(trial);
    if (totalOf(placed) > totalOf(best)) continue;
    if (totalOf(placed) < totalOf(best)) idle = 0;
    best = placed;
    order = trial;
  }
  return best;
}

function totalOf(plan: MemoryPlan): number {
  return plan.buffers.reduce((sum, bytes) => sum + bytes, 0);
}

interface Buffer {
  bytes: number;
  readonly tenants: { readonly index: number; readonly offset: number; readonly end: number }[];
}

/** Places tensors in the order given, each where it makes the buffers grow least. */
function place(
  lifetimes: readonly Lifetime[],
  conflicts: Conflicts,
  order: readonly number[],
  largestBuffer: number,
): MemoryPlan {
  const buffers: Buffer[] = [];
  const placements = new Array<Placement>(lifetimes.length);
  for (const index of order) {
    const { bytes } = lifetimes[index] as Lifetime;
    const forbidden = conflicts.get(index);
    let best: { buffer: number; offset: number; growth: number } | undefined;
    for (const [at, buffer] of buffers.entries()) {
      if (forbidden && buffer.tenants.some((tenant) => forbidden.has(tenant.index))) continue;
      const offset = lowestOffset(buffer, lifetimes, index);
      if (offset > 0 && offset + bytes > largestBuffer) continue;
      const growth = Math.max(0, offset + bytes - buffer.bytes);
      if (!best || growth < best.growth) best = { buffer: at, offset, growth };
    }
    if (!best || best.growth >= bytes) {
      best = { buffer: buffers.length, offset: 0, growth: bytes };
      buffers.push({ bytes: 0, tenants: [] });
    }
    const buffer = buffers[best.buffer] as Buffer;
    const end = best.offset + bytes;
    buffer.bytes = Math.max(buffer.bytes, end);
    buffer.tenants.push({ index, offset: best.offset, end });
    placements[index] = { buffer: best.buffer, offset: best.offset };
  }
  return { placements, buffers: buffers.map(({ bytes }) => bytes) };
}

/** The lowest aligned offset at which the tensor meets no tenant that lives at the same time. */
function lowestOffset(buffer: Buffer, lifetimes: readonly Lifetime[], index: number): number {
  const own = lifetimes[index] as Lifetime;
  const neighbours = buffer.tenants
    .filter((tenant) => {
      const other = lifetimes[tenant.index] as Lifetime;
      return other.first <= own.last && own.first <= other.last;
    })
    .sort((a, b) => a.offset - b.offset);
  let offset = 0;
  for (const neighbour of neighbours) {
    if (offset + own.bytes <= neighbour.offset) break;
    const after = Math.ceil(neighbour.end / offsetAlignment) * offsetAlignment;
    offset = Math.max(offset, after);
  }
  return offset;
}
