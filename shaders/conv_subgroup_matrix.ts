/**
 * Convolution of group 1 (one or two spatial axes, 1×1 included) as products of 8×8 matrices that a
 * subgroup holds together: Chrome's experimental subgroup matrices
 * (dawn/docs/dawn/features/subgroup_matrix.md).
 *
 * Tile: 32 pixels × 32 output channels, 16 of K at a time. A workgroup is one subgroup of 32. It
 * brings patches `[k][pixel]` and weights `[channel][k]` into workgroup memory in the element type,
 * multiplies them there, and the sums, in f32, go back through workgroup memory to the epilogue.
 *
 * Bindings: `source` C4 or linear planes; `weights` packed by `pack_conv`; bias, residual, result
 * by the epilogue.
 */

import { patchLoader, patchSource } from './conv_implicit_gemm.ts';
import { convUniforms, type Source, sourceBinding } from './lib/conv-geometry.ts';
import {
  type EpilogueVariant,
  epilogueBindings,
  epilogueSource,
  epilogueUniforms,
  epilogueVariants,
} from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lines, range } from './lib/unroll.ts';
import { weightsBinding } from './lib/weights.ts';

/** Rows and columns of a matrix, pixels and channels of a tile, K of a step. */
const side = 8;
const tileSide = 32;
const depth = 16;

/** The tile, and the subgroup that computes it. */
export const subgroupTile = { pixels: tileSide, blocks: tileSide / 4, subgroupSize: 32 } as const;

export type SubgroupMatrixVariant = { readonly source: Source } & {
  readonly [Field in keyof EpilogueVariant]: EpilogueVariant[Field];
};

export const convSubgroupMatrix = defineKernel({
  name: 'conv_subgroup_matrix',
  variants: (): SubgroupMatrixVariant[] =>
    (['c4', 'linear'] as const).flatMap((source) =>
      epilogueVariants().map((epilogue) => ({ source, ...epilogue })),
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
    /** The next K block, as (kx, ky, block, 0). */
    loadStep: 'vec4u',
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    sourceBinding(variant.source, variant.element),
    weightsBinding(variant.element),
    ...epilogueBindings(variant),
  ],
  workgroupSize: () => [subgroupTile.subgroupSize, 1, 1],
  workgroupBytes: ({ element }) =>
    2 * tileSide * depth * (element === 'f16' ? 2 : 4) + tileSide * tileSide * 4,
  features: () => ['chromium_experimental_subgroup_matrix'],
  iterations: (_, { kBlocks }) => Math.ceil((kBlocks * 4) / depth),
  wgsl: (variant) => {
    const { element } = variant;
    const tiles = range(tileSide / side);
    const sums = tiles.flatMap((row) => tiles.map((column) => ({ row, column })));
    const matrix = (kind: string, type: string): string =>
      `subgroup_matrix_${kind}<${type}, ${side}, ${side}>`;
    const step = (k: number): string => `{
      ${lines(
        tiles.flatMap((tile) => [
          `let left${tile} = subgroupMatrixLoad<${matrix('left', element)}, row_major>(&channelTile, ${tile * side * depth + k * side}u, ${depth}u);`,
          `let right${tile} = subgroupMatrixLoad<${matrix('right', element)}, row_major>(&patchTile, ${k * side * tileSide + tile * side}u, ${tileSide}u);`,
        ]),
      )}
      ${lines(
        sums.map(
          ({ row, column }) =>
            `sum${row}_${column} = subgroupMatrixMultiplyAccumulate(left${row}, right${column}, sum${row}_${column});`,
        ),
      )}
    }`;
    return wgsl`
${flatIndex}
${epilogueSource(variant)}
${patchSource(variant.source)}
var<workgroup> patchTile: array<${element}, ${depth * tileSide}>;
var<workgroup> channelTile: array<${element}, ${tileSide * depth}>;
var<workgroup> sumTile: array<f32, ${tileSide * tileSide}>;

${flatMain} {
  let flat = flatWorkgroup(workgroup, counts);
  let firstBlock = flat / u.columnGroups * ${tileSide / 4}u;
  let column = flat % u.columnGroups * ${tileSide}u + local;
  let inRange = column < u.columns;
  let image = column / u.pixels;
  let pixel = column % u.pixels;
  const firstK = 0u;
  ${patchLoader.setup}
  // An invocation loads one column of patches, and the block of weights of one output block and K.
  let ownBlock = local / ${depth / 4}u;
  let ownK = local % ${depth / 4}u;
  let weightStart = min(firstBlock + ownBlock, u.outBlocks - 1u) * u.kBlocks;
  ${lines(sums.map(({ row, column }) => `var sum${row}_${column} = ${matrix('result', 'f32')}();`))}
  for (var first = 0u; first < u.kBlocks; first += ${depth / 4}u) {
    ${lines(
      range(depth / 4).map(
        (row) => `{
      let k = first + ${row}u;
      let value = ${patchLoader.load};
      ${lines(
        range(4).map(
          (lane) =>
            `patchTile[${(row * 4 + lane) * tileSide}u + local] = ${element}(value[${lane}]);`,
        ),
      )}
      ${patchLoader.advance}
    }`,
      ),
    )}
    let block = weights[weightStart + min(first + ownK, u.kBlocks - 1u)];
    ${lines(
      range(4).flatMap((channel) =>
        range(4).map(
          (lane) =>
            `channelTile[(ownBlock * 4u + ${channel}u) * ${depth}u + ownK * 4u + ${lane}u] = block[${lane}][${channel}];`,
        ),
      ),
    )}
    workgroupBarrier();
    ${lines(range(depth / side).map(step))}
    workgroupBarrier();
  }
  ${lines(
    sums.map(
      ({ row, column }) =>
        `subgroupMatrixStore<row_major>(&sumTile, ${row * side * tileSide + column * side}u, sum${row}_${column}, ${tileSide}u);`,
    ),
  )}
  workgroupBarrier();
  if (inRange) {
    for (var own = 0u; own < min(${tileSide / 4}u, u.outBlocks - firstBlock); own++) {
      let at = own * ${4 * tileSide}u + local;
      let sum = vec4<f32>(
        sumTile[at], sumTile[at + ${tileSide}u], sumTile[at + ${2 * tileSide}u], sumTile[at + ${3 * tileSide}u]);
      let block = firstBlock + own;
      storeBlock(sum, block, c4Index(image, block, u.outBlocks, pixel, u.pixels));
    }
  }
}
`;
  },
});
