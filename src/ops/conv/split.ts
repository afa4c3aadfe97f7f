/** Convolutions as products, whole or split along K: sizes, slices, and how a product ends. */

import { epilogueBuffers, epilogueValues, epilogueVariant } from '../../../shaders/lib/epilogue.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  foldWorkgroups,
  packed,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { tileDepth } from '../../../shaders/lib/product-tile.ts';
import { splitSum } from '../../../shaders/split_sum.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { type ConvProblem, outPixels, tapsOf } from './problem.ts';

/** Sizes that every product has. */
export function productSizes(p: ConvProblem) {
  const pixels = outPixels(p);
  return {
    kBlocks: channelBlocks(p.inChannels) * tapsOf(p),
    outBlocks: channelBlocks(p.outChannels),
    pixels,
    columns: p.batch * pixels,
  };
}

/** Least K blocks of a slice: below, writing and reading its sums costs more than making them. */
const leastBlocks = 4 * tileDepth;

const mostSlices = 32;

/**
 * Into how many slices a product of `invocations` is worth splitting along K: so many that the
 * device is full. The whole product stays a candidate, for every slice's sums are written and read
 * once more (tfjs #6943: one shape won a quarter, another lost two thirds).
 */
export function sliceCounts(
  kBlocks: number,
  invocations: number,
  { ceiling, limits }: DeviceCaps,
): readonly number[] {
  // Loops that would turn too often are shared out in any case: two turns for each block.
  const least = Math.max(1, Math.ceil((2 * kBlocks) / limits.loopIterations));
  const wanted = Math.floor(ceiling.parallelism / Math.max(invocations, 1));
  const most = Math.min(wanted, Math.floor(kBlocks / leastBlocks), mostSlices);
  return most > least ? [least, most] : [least];
}

/** What follows the sums of a product. */
interface SplitEnd {
  /** Uniforms of the product that do not depend on its tile. */
  readonly values: ReturnType<typeof productSizes> &
    ReturnType<typeof epilogueValues> & {
      readonly slices: number;
      readonly sliceBlocks: number;
      readonly resultVectors: number;
    };
  readonly variant: ReturnType<typeof epilogueVariant> & { readonly split: boolean };
  /** What the product binds after its source and weights. */
  readonly buffers: readonly BufferRole[];
  readonly dispatches: readonly Dispatch[];
  readonly scratch: readonly number[];
  readonly partialBytes: number;
  /** What the algorithm's name ends in. */
  readonly suffix: string;
}

/**
 * A product ends in its epilogue, which binds `unused` where it lacks a step, or with partial sums
 * in scratch buffer `at` and their sum.
 */
export function splitEnd(
  p: ConvProblem,
  count: number,
  at: number,
  unused: BufferRole = packed(0),
): SplitEnd {
  const sizes = productSizes(p);
  const { element, epilogue } = p;
  const variant = epilogueVariant(element, epilogue);
  // Whole tiles of workgroup memory: no slice reads into the next one.
  const sliceBlocks = Math.max(Math.ceil(sizes.kBlocks / count / tileDepth), 1) * tileDepth;
  const slices = Math.max(Math.ceil(sizes.kBlocks / sliceBlocks), 1);
  const resultVectors = sizes.columns * sizes.outBlocks;
  const values = { ...sizes, slices, sliceBlocks, resultVectors, ...epilogueValues(epilogue) };
  if (slices === 1) {
    return {
      values,
      variant: { ...variant, split: false },
      buffers: epilogueBuffers(epilogue, unused),
      ...{ dispatches: [], scratch: [], partialBytes: 0, suffix: '' },
    };
  }
  const partialBytes = slices * resultVectors * 16;
  const sum = dispatch(
    splitSum,
    variant,
    values,
    [scratch(at), ...epilogueBuffers(epilogue, scratch(at))],
    foldWorkgroups(Math.ceil(resultVectors / 64)),
  );
  return {
    values,
    variant: { element, activation: 'none', store: 'c4', split: true },
    buffers: [scratch(at)],
    dispatches: [sum],
    scratch: [partialBytes],
    partialBytes,
    suffix: `k${slices}`,
  };
}
