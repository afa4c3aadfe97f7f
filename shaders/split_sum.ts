/**
 * Ends a product that was split along K: adds up the sums of its slices, in order, and goes
 * through the epilogue. One invocation a vector of the result (C4).
 *
 * Bindings: `partial` `[slice][result]`; bias, residual, result by the epilogue.
 */

import {
  type EpilogueVariant,
  epilogueBindings,
  epilogueSource,
  epilogueUniforms,
  epilogueVariants,
} from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';

export type SplitSumVariant = { readonly [Field in keyof EpilogueVariant]: EpilogueVariant[Field] };

export const splitSum = defineKernel({
  name: 'split_sum',
  variants: (): SplitSumVariant[] => epilogueVariants(),
  uniforms: {
    slices: 'u32',
    resultVectors: 'u32',
    /** Pixels of one image, and blocks of output channels. */
    pixels: 'u32',
    outBlocks: 'u32',
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    { name: 'partial', access: 'read', type: 'array<vec4<f32>>' },
    ...epilogueBindings(variant),
  ],
  workgroupSize: () => [64, 1, 1],
  wgsl: (variant) => wgsl`
${flatIndex}
${epilogueSource(variant)}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.resultVectors) {
    return;
  }
  var sum = partial[index];
  for (var slice = 1u; slice < u.slices; slice++) {
    sum += partial[index + slice * u.resultVectors];
  }
  storeBlock(sum, index / u.pixels % u.outBlocks, index);
}
`,
});
