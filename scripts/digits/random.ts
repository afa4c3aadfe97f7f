/**
 * Seeded pseudo-random numbers for the training scripts: everything random there (split,
 * initial weights, order of the digits, augmentation) is drawn from here, so that a run can be repeated.
 * The generator is sfc32 by Chris Doty-Humphrey (PractRand), seeded by the finaliser of MurmurHash3.
 */

export interface Random {
  /** Uniform in [0, 1), with 32 random bits. */
  uniform(): number;
  /** Uniform in [low, high). */
  between(low: number, high: number): number;
  /** Standard normal, by the Box–Muller transform. */
  normal(): number;
  /** Shuffles in place (Fisher–Yates) and returns its argument. */
  shuffle(items: Uint32Array): Uint32Array;
}

/** Streams of different names are independent of each other under one seed. */
export function seededRandom(seed: number, stream: string): Random {
  const state = hashes(`${seed}/${stream}`);
  let [a, b, c] = [state(), state(), state()];
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) next();

  const uniform = (): number => next() / 2 ** 32;
  return {
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle(items) {
      for (let last = items.length - 1; last > 0; last--) {
        const other = Math.floor(uniform() * (last + 1));
        const kept = items[last] ?? 0;
        items[last] = items[other] ?? 0;
        items[other] = kept;
      }
      return items;
    },
  };
}

/** A series of 32-bit hashes of a text. */
function hashes(text: string): () => number {
  let hash = 0x9e3779b9 ^ text.length;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0xcc9e2d51);
    hash = (hash << 13) | (hash >>> 19);
  }
  return () => {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = hash ^ (hash >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) | 0;
  };
}
