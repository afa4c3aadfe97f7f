/**
 * Which maps of H1 each map of H2 sees. The paper says that a map of H2 sees 8 of the 12 maps of H1
 * "chosen according [to] a scheme that will not be described here". This is the scheme of Andrej
 * Karpathy's reproduction (https://github.com/karpathy/lecun1989-repro): H1 falls into three blocks of
 * four maps, and four maps of H2 each leave out one block, so that every map of H1 is seen by eight.
 */

const BLOCKS = [
  [0, 1, 2, 3],
  [4, 5, 6, 7],
  [8, 9, 10, 11],
] as const;
const MAPS_PER_BLOCK = 4;

/** Of each map of H2, the blocks that it sees: the first two, the last two, the outer two. */
const SEEN_BLOCKS = [
  [0, 1],
  [1, 2],
  [0, 2],
] as const;

/** For each of the 12 maps of H2 the 8 maps of H1 that it sees, in ascending order. */
export const H2_CONNECTIONS: readonly (readonly number[])[] = SEEN_BLOCKS.flatMap((seen) =>
  Array.from({ length: MAPS_PER_BLOCK }, () => seen.flatMap((block) => [...BLOCKS[block]])),
);
