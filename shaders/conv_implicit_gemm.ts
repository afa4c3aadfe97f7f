/**
 * Convolution of group 1 (one or two spatial axes) as a product in workgroup memory, the patch
 * matrix being gathered on the fly.
 *
 * Tiles: see `productTiles`, pixels × output channels. Each invocation loads one column of patches
 * and steps through (block, ky, kx) with carries instead of divisions.
 *
 * Bindings: `source` C4 or linear planes; `weights` packed by `pack_conv`; bias, residual, result
 * by the epilogue.
 */

import { convUniforms, type Source, sourceBinding, sourceBlock } from './lib/conv-geometry.ts';
import { type EpilogueVariant, epilogueUniforms } from './lib/epilogue.ts';
import { defineKernel, flatIndex } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import {
  type PatchLoader,
  type ProductTileName,
  productMain,
  productTileNames,
  productTiles,
  productTurns,
  tileBytes,
  tileThreads,
} from './lib/product-tile.ts';
import { splitBindings, splitSource, splitUniforms, splitVariants } from './lib/split.ts';
import { weightsBinding } from './lib/weights.ts';

export type ImplicitGemmVariant = {
  readonly source: Source;
  readonly tile: ProductTileName;
  /** Sums of one slice of K go to a buffer of their own; `split_sum` ends the product. */
  readonly split: boolean;
} & {
  readonly [Field in keyof EpilogueVariant]: EpilogueVariant[Field];
};

/** Steps through (block, ky, kx); `loadStep` blocks at a time. */
export const patchLoader: PatchLoader = {
  setup: `
  let firstY = i32(pixel / u.outWidth * u.strideY) - u.padTop;
  let firstX = i32(pixel % u.outWidth * u.strideX) - u.padLeft;
  var kx = firstK % u.kernelWidth;
  var ky = firstK / u.kernelWidth % u.kernelHeight;
  var block = firstK / u.kernelWidth / u.kernelHeight;`,
  load: 'patchAt(image, block, firstY + i32(ky * u.dilationY), firstX + i32(kx * u.dilationX), inRange)',
  advance: `
  kx += u.loadStep.x;
  let carryX = kx >= u.kernelWidth;
  kx -= select(0u, u.kernelWidth, carryX);
  ky += u.loadStep.y + select(0u, 1u, carryX);
  let carryY = ky >= u.kernelHeight;
  ky -= select(0u, u.kernelHeight, carryY);
  block += u.loadStep.z + select(0u, 1u, carryY);`,
};

/** WGSL of what `patchLoader` calls. */
export function patchSource(source: Source): string {
  return `
${sourceBlock(source)}
fn patchAt(image: u32, block: u32, y: i32, x: i32, inRange: bool) -> vec4<f32> {
  let valid = inRange & (block < u.inBlocks) & (u32(y) < u.inHeight) & (u32(x) < u.inWidth);
  return sourceBlock(image, block, u32(y) * u.inWidth + u32(x), valid);
}`;
}

export const convImplicitGemm = defineKernel({
  name: 'conv_implicit_gemm',
  variants: (): ImplicitGemmVariant[] =>
    (['c4', 'linear'] as const).flatMap((source) =>
      productTileNames.flatMap((tile) =>
        splitVariants(true).map((end) => ({ source, tile, ...end })),
      ),
    ),
  uniforms: {
    ...convUniforms,
    /** Blocks of K: inBlocks × taps. */
    kBlocks: 'u32',
    /** Output pixels of one image, and of all. */
    pixels: 'u32',
    columns: 'u32',
    /** Tiles along the columns. */
    columnGroups: 'u32',
    /** K blocks between two loads of an invocation, as (kx, ky, block, 0). */
    loadStep: 'vec4u',
    ...splitUniforms,
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    sourceBinding(variant.source, variant.element),
    weightsBinding(variant.element),
    ...splitBindings(variant),
  ],
  workgroupSize: ({ tile }) => [tileThreads(productTiles[tile]), 1, 1],
  workgroupBytes: ({ tile }) => tileBytes(productTiles[tile]),
  iterations: (_, { kBlocks, sliceBlocks }) => productTurns(Math.min(kBlocks, sliceBlocks)),
  wgsl: (variant) => wgsl`
${flatIndex}
${splitSource(variant)}
${patchSource(variant.source)}
${productMain(productTiles[variant.tile], patchLoader)}
`,
});
