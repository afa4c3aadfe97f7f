/**
 * Split-K for products whose result is small and whose sums are long: slices of K go to different
 * workgroups, their sums to a buffer `[slice][result]`, and `split_sum` adds them up in order and
 * ends in the epilogue. No atomics: the same bits in every run.
 */

import {
  type EpilogueVariant,
  epilogueBindings,
  epilogueSource,
  epilogueVariants,
  floatElements,
} from './epilogue.ts';
import type { Binding } from './kernel.ts';
import { c4Functions } from './layout.ts';

/** Spread into a kernel's `uniforms`. */
export const splitUniforms = {
  /** K blocks of one slice; all of them where nothing is split. */
  sliceBlocks: 'u32',
  /** Vectors of the whole result: the distance of two slices' sums. */
  resultVectors: 'u32',
} as const;

interface SplitVariant extends EpilogueVariant {
  readonly split: boolean;
}

/** Every epilogue, and where it `splits` the two elements without one. */
export function splitVariants(splits: boolean): SplitVariant[] {
  const whole = epilogueVariants().map((epilogue) => ({ ...epilogue, split: false }));
  const parts = floatElements.map((element) => ({
    ...{ element, activation: 'none', store: 'c4' as const, split: true },
  }));
  return splits ? [...whole, ...parts] : whole;
}

/** The bindings of the epilogue, or of the partial sums. */
export function splitBindings(variant: SplitVariant): Binding[] {
  if (!variant.split) return epilogueBindings(variant);
  return [{ name: 'result', access: 'read_write', type: 'array<vec4<f32>>' }];
}

/** WGSL `storeBlock` of the epilogue, or one that stores sums in the slice of `storeInSlice`. */
export function splitSource(variant: SplitVariant): string {
  if (!variant.split) return `fn storeInSlice(slice: u32) {}\n${epilogueSource(variant)}`;
  return `
${c4Functions}
var<private> partial: u32;
fn storeInSlice(slice: u32) {
  partial = slice * u.resultVectors;
}
fn storeBlock(sum: vec4<f32>, block: u32, index: u32) {
  result[partial + index] = sum;
}
`;
}

/**
 * WGSL: of workgroup `flat`, which counts columns, tiles of `blocks` output blocks, slices: its
 * `firstBlock`, and its slice of K from `startK` to `endK`.
 */
export function sliceOfWorkgroup(blocks: number): string {
  return `
  let blockGroups = (u.outBlocks + ${blocks - 1}u) / ${blocks}u;
  let blockGroup = flat / u.columnGroups;
  let slice = blockGroup / blockGroups;
  storeInSlice(slice);
  let firstBlock = blockGroup % blockGroups * ${blocks}u;
  let startK = slice * u.sliceBlocks;
  let endK = min(startK + u.sliceBlocks, u.kBlocks);`;
}
