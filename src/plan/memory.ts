/**
 * The memory plan: which pooled buffer each tensor lives in, and where in it. Several buffers, not
 * one arena: WebGPU refuses a dispatch that binds one buffer both read-only and read-write, even
 * with disjoint ranges. Tensors that no dispatch reads and writes at once may share a buffer; others
 * only where that saves much, for then the dispatch has to bind what it reads for writing, too, and
 * a GPU may read through another path.
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

/**
 * Pairs of lifetimes of which a dispatch reads one and writes the other, with the number of such
 * dispatches. They may share a buffer only where those dispatches bind all of it for writing, and
 * never where the number is infinite.
 */
export type Conflicts = ReadonlyMap<number, ReadonlyMap<number, number>>;

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

/** So near the lower bound nothing is left to gain. */
const nearEnough = 1.05;
/** Sharing buffers saves memory only down to so much of the lower bound. */
const sharingGoal = 1.1;
/** Share of the lower bound that a dispatch which binds what it reads for writing has to save. */
const sharingPrice = 0.0005;
/** Buffers that the search looks at in all: where nothing can share one there are as many as tensors. */
const mostLooks = 2 ** 22;
/** Tensors that the search places in all: more tensors, fewer tries. */
const effort = 40_000;

/**
 * Greedy by size, then improved: the order of placing is perturbed (seeded, so that the same graph
 * gives the same plan) and the smallest total is kept, until it is near the lower bound. Where that
 * does not come near, tensors in conflict may share buffers, at a price.
 */
export function planMemory(
  lifetimes: readonly Lifetime[],
  conflicts: Conflicts = new Map(),
  { largestBuffer = Number.POSITIVE_INFINITY } = {},
): MemoryPlan {
  const bound = liveBytes(lifetimes);
  const problem = { lifetimes, conflicts, largestBuffer, neighbours: neighboursOf(lifetimes) };
  const apart = search(
    problem,
    { enough: bound * nearEnough, patience: 120 },
    () => Number.POSITIVE_INFINITY,
    ({ bytes }) => bytes,
  );
  const goal = sharingGoal * bound;
  if (apart.bytes <= goal) return apart;
  const shared = search(
    problem,
    { enough: goal, patience: 400 },
    // What a tensor that is placed knows of the whole is little: it tries many prices.
    (random) => bound * sharingPrice * 4 ** random(4),
    ({ bytes, sharing }) => Math.max(bytes, goal) + sharing * sharingPrice * bound,
  );
  return shared.bytes < apart.bytes ? shared : apart;
}

interface Problem {
  readonly lifetimes: readonly Lifetime[];
  readonly conflicts: Conflicts;
  readonly largestBuffer: number;
  /** For each lifetime those that share a step with it; undefined where they are too many to list. */
  readonly neighbours: readonly (readonly number[])[] | undefined;
}

/** Pairs of lifetimes that are listed. */
const mostPairs = 2 ** 21;

function neighboursOf(lifetimes: readonly Lifetime[]): number[][] | undefined {
  const neighbours = lifetimes.map((): number[] => []);
  const order = [...lifetimes.entries()].sort(([, a], [, b]) => a.first - b.first);
  let alive: [number, Lifetime][] = [];
  let pairs = 0;
  for (const entry of order) {
    const [index, { first }] = entry;
    alive = alive.filter(([, { last }]) => last >= first);
    for (const [other] of alive) {
      neighbours[index]?.push(other);
      neighbours[other]?.push(index);
    }
    pairs += alive.length;
    if (pairs > mostPairs) return undefined;
    alive.push(entry);
  }
  return neighbours;
}

interface Trial extends MemoryPlan {
  /** Of all buffers. */
  readonly bytes: number;
  /** Dispatches with a buffer on both their sides. */
  readonly sharing: number;
}

/**
 * @param enough a cost that ends the search; as so many tries without a gain do
 * @param price bytes that a tensor takes rather than share a buffer with one in conflict
 * @param costOf what is to be small
 */
function search(
  problem: Problem,
  { enough, patience }: { enough: number; patience: number },
  price: (random: (below: number) => number) => number,
  costOf: (trial: Trial) => number,
): Trial {
  const { lifetimes } = problem;
  const size = (index: number) => (lifetimes[index] as Lifetime).bytes;
  let order = lifetimes.map((_, index) => index).sort((a, b) => size(b) - size(a) || a - b);
  let seed = 0x9e3779b9;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let best = place(problem, order, price(random));
  const count = lifetimes.length + 1;
  const attempts = Math.min(400, effort / count, mostLooks / (count * best.buffers.length));
  if (attempts < 1) return best;
  let idle = 0;
  for (let attempt = 0; attempt < attempts && idle < patience; attempt++, idle++) {
    if (costOf(best) <= enough) break;
    const trial = [...order];
    const reach = Math.min(trial.length, 48);
    for (let move = 0; move <= random(3); move++) {
      trial.splice(random(reach), 0, ...trial.splice(random(reach), 1));
    }
    const found = place(problem, trial, price(random));
    const gain = costOf(best) - costOf(found);
    if (gain < 0) continue;
    if (gain > 0) idle = 0;
    best = found;
    order = trial;
  }
  return best;
}

/** Places tensors in the order given, each where it costs least. */
function place(problem: Problem, order: readonly number[], price: number): Trial {
  const { lifetimes, conflicts, largestBuffer, neighbours } = problem;
  const buffers: number[] = [];
  const placements = new Array<Placement>(lifetimes.length);
  let sharing = 0;
  for (const index of order) {
    const { bytes, first, last } = lifetimes[index] as Lifetime;
    const conflicting = new Map<number, number>();
    for (const [other, count] of conflicts.get(index) ?? []) {
      const { buffer = -1 } = placements[other] ?? {};
      conflicting.set(buffer, (conflicting.get(buffer) ?? 0) + count);
    }
    let best: Placement = { buffer: buffers.length, offset: 0 };
    let least = bytes;
    let own = 0;
    const tenantsOf = new Map<number, number[]>();
    for (const other of neighbours?.[index] ?? order) {
      const { buffer } = placements[other] ?? {};
      const life = lifetimes[other] as Lifetime;
      if (buffer === undefined || life.first > last || first > life.last) continue;
      const tenants = tenantsOf.get(buffer);
      if (tenants) tenants.push(other);
      else tenantsOf.set(buffer, [other]);
    }
    for (let buffer = 0; buffer < buffers.length; buffer++) {
      const shared = conflicting.get(buffer) ?? 0;
      const due = shared === 0 ? 0 : shared * price;
      if (due >= least) continue;
      const offset = lowestOffset(tenantsOf.get(buffer) ?? [], placements, lifetimes, bytes);
      if (offset > 0 && offset + bytes > largestBuffer) continue;
      const cost = Math.max(0, offset + bytes - (buffers[buffer] as number)) + due;
      if (cost >= least) continue;
      [best, least, own] = [{ buffer, offset }, cost, shared];
    }
    sharing += own;
    buffers[best.buffer] = Math.max(buffers[best.buffer] ?? 0, best.offset + bytes);
    placements[index] = best;
  }
  return { placements, buffers, sharing, bytes: buffers.reduce((sum, size) => sum + size, 0) };
}

/** The lowest aligned offset at which so many bytes meet no tenant. */
function lowestOffset(
  tenants: readonly number[],
  placements: readonly Placement[],
  lifetimes: readonly Lifetime[],
  bytes: number,
): number {
  const sorted = tenants.length > 1 ? inOrder(tenants, placements) : tenants;
  let offset = 0;
  for (const tenant of sorted) {
    const start = (placements[tenant] as Placement).offset;
    if (offset + bytes <= start) break;
    const end = start + (lifetimes[tenant] as Lifetime).bytes;
    offset = Math.max(offset, Math.ceil(end / offsetAlignment) * offsetAlignment);
  }
  return offset;
}

/** By where they start. */
function inOrder(tenants: readonly number[], placements: readonly Placement[]): number[] {
  const start = (index: number) => (placements[index] as Placement).offset;
  return [...tenants].sort((a, b) => start(a) - start(b));
}
