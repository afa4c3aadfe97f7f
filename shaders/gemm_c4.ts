/**
 * Product of packed weights with a matrix in C4: result[o, p] = Σ_k w[o, k] · source[k, p], for
 * 1×1 convolutions, and for patch matrices that `im2col` wrote.
 *
 * Three forms. Register (tile `pixels`x`blocks`r): an invocation owns columns × blocks; columns of
 * one invocation lie `stride` apart, so that neighbouring invocations read neighbouring columns and
 * only the last ones are idle. Single (tile `1x1r`): one block of one column, neighbours own
 * neighbouring blocks; for a handful of columns. Workgroup (tile of `productTiles`): through
 * workgroup memory.
 *
 * A batch of products has weights for each: workgroups of z multiply image z alone, and `columns`
 * are those of one image.
 *
 * Bindings: `source` C4 `[images][kBlocks][pixels]`, or linear with a multiple of four channels;
 * `weights` `[outBlock][kBlock]` of 4×4, one after another for a batch; bias, residual, result by the
 * epilogue. A split variant has the partial sums in their place.
 */

import { blockReader, type Source, sourceBinding } from './lib/conv-geometry.ts';
import { type EpilogueVariant, epilogueUniforms } from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
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
import {
  sliceOfWorkgroup,
  splitBindings,
  splitSource,
  splitUniforms,
  splitVariants,
} from './lib/split.ts';
import { blockProduct, lines, range } from './lib/unroll.ts';
import { type WeightStorage, weightBlock, weightReader, weightsBinding } from './lib/weights.ts';

/** Register tiles: columns × output blocks. */
export const registerTiles = {
  '8x4r': { pixels: 8, blocks: 4 },
  '7x4r': { pixels: 7, blocks: 4 },
  '4x4r': { pixels: 4, blocks: 4 },
  '4x2r': { pixels: 4, blocks: 2 },
  '1x1r': { pixels: 1, blocks: 1 },
} as const;

export type RegisterTileName = keyof typeof registerTiles;

export const registerTileNames = Object.keys(registerTiles) as readonly RegisterTileName[];

/** Register tiles that split along K too: two sizes are choice enough. */
export const splitRegisterTiles: readonly RegisterTileName[] = ['8x4r', '4x4r'];

/** Invocations of a workgroup of the register form; see `convDirectLanes`. */
export const registerLanes = { hardware: 32, software: 8 } as const;

/** Whether a tile has a form that reads its weights from a texture. */
export const readsTexture = (tile: RegisterTileName): boolean => tile !== '1x1r';

export type GemmC4Variant = {
  readonly tile: RegisterTileName | ProductTileName;
  /** Invocations of a workgroup. */
  readonly lanes: number;
  readonly source: Source;
  /** Where the packed weights lie. */
  readonly weights: WeightStorage;
  /** Sums of one slice of K go to a buffer of their own; `split_sum` ends the product. */
  readonly split: boolean;
} & { readonly [Field in keyof EpilogueVariant]: EpilogueVariant[Field] };

function isRegister(tile: GemmC4Variant['tile']): tile is RegisterTileName {
  return tile in registerTiles;
}

const loader: PatchLoader = {
  setup: 'let base = blockAt(workgroup.z + image, 0u, u.kBlocks, pixel, u.pixels);',
  load: 'select(vec4<f32>(0.0), readBlock(base + k * blockStep * u.pixels, u.pixels), inRange & (k < u.kBlocks))',
  advance: '',
};

function registerMain(tile: RegisterTileName, weights: WeightStorage): string {
  const { pixels, blocks } = registerTiles[tile];
  return `
${flatMain} {
  let flat = flatWorkgroup(workgroup, counts);
  ${sliceOfWorkgroup(blocks)}
  let first = flat % u.columnGroups * workgroupX + local;
  // Columns past the end repeat the last one and are not stored.
  ${lines(
    range(pixels).map((p) => {
      const column = `min(first + ${p}u * u.stride, u.columns - 1u)`;
      return `var at${p} = blockAt(workgroup.z + ${column} / u.pixels, startK, u.kBlocks, ${column} % u.pixels, u.pixels);`;
    }),
  )}
  ${lines(
    range(blocks).map(
      (b) =>
        `let weightStart${b} = (workgroup.z * u.outBlocks + min(firstBlock + ${b}u, u.outBlocks - 1u)) * u.kBlocks;`,
    ),
  )}
  ${lines(
    range(pixels).flatMap((p) => range(blocks).map((b) => `var sum${p}_${b} = vec4<f32>(0.0);`)),
  )}
  for (var k = startK; k < endK; k++) {
    ${lines(
      range(pixels).map(
        (p) => `let value${p} = readBlock(at${p}, u.pixels);\n    at${p} += blockStep * u.pixels;`,
      ),
    )}
    ${lines(
      range(blocks).map((b) =>
        lines([
          `{ let block = ${weightBlock(weights, `weightStart${b} + k`)};`,
          ...range(4).map((i) => `let w${i} = vec4<f32>(block[${i}]);`),
          ...range(pixels).map((p) => `sum${p}_${b} += ${blockProduct('w', `value${p}`)};`),
          '}',
        ]),
      ),
    )}
  }
  if (first >= u.stride) {
    return;
  }
  // A loop: each \`storeBlock\` in the text is compiled for itself, which takes longer than the rest.
  var sums = array<vec4<f32>, ${pixels * blocks}>(${range(pixels)
    .flatMap((p) => range(blocks).map((b) => `sum${p}_${b}`))
    .join()});
  for (var p = 0u; p < ${pixels}u; p++) {
    let column = first + p * u.stride;
    if (column < u.columns) {
      let at = c4Index(workgroup.z + column / u.pixels, firstBlock, u.outBlocks, column % u.pixels, u.pixels);
      for (var b = 0u; b < ${blocks}u; b++) {
        if (firstBlock + b < u.outBlocks) {
          storeBlock(sums[p * ${blocks}u + b], firstBlock + b, at + b * u.pixels);
        }
      }
    }
  }
}
`;
}

/** The single form: invocation = column × outBlocks + block. */
const singleMain = `
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  let column = min(index / u.outBlocks, u.columns - 1u);
  let block = index % u.outBlocks;
  let image = workgroup.z + column / u.pixels;
  let pixel = column % u.pixels;
  let start = blockAt(image, 0u, u.kBlocks, pixel, u.pixels);
  var sum = vec4<f32>(0.0);
  for (var k = 0u; k < u.kBlocks; k++) {
    let value = readBlock(start + k * blockStep * u.pixels, u.pixels);
    let tap = weights[(workgroup.z * u.outBlocks + block) * u.kBlocks + k];
    sum += vec4<f32>(tap[0]) * value.x + vec4<f32>(tap[1]) * value.y;
    sum += vec4<f32>(tap[2]) * value.z + vec4<f32>(tap[3]) * value.w;
  }
  if (index < u.columns * u.outBlocks) {
    storeBlock(sum, block, c4Index(image, block, u.outBlocks, pixel, u.pixels));
  }
}
`;

/** Everything below the functions, by the tile's form. */
function mainOf({ tile, weights }: GemmC4Variant): string {
  if (tile === '1x1r') return singleMain;
  return isRegister(tile) ? registerMain(tile, weights) : productMain(productTiles[tile], loader);
}

export const gemmC4 = defineKernel({
  name: 'gemm_c4',
  variants: (): GemmC4Variant[] =>
    [
      ...registerTileNames.flatMap((tile) =>
        Object.values(registerLanes).map((lanes) => ({ tile, lanes, weights: 'buffer' as const })),
      ),
      ...registerTileNames.filter(readsTexture).map((tile) => ({
        ...{ tile, lanes: registerLanes.software, weights: 'texture' as const },
      })),
      ...productTileNames.map((tile) => ({
        ...{ tile, lanes: tileThreads(productTiles[tile]), weights: 'buffer' as const },
      })),
    ].flatMap((shape) =>
      splitVariants(!isRegister(shape.tile) || splitRegisterTiles.includes(shape.tile)).flatMap(
        (end) => (['c4', 'linear'] as const).map((source) => ({ ...shape, ...end, source })),
      ),
    ),
  uniforms: {
    /** Blocks of four of K, and of output channels. */
    kBlocks: 'u32',
    outBlocks: 'u32',
    /** Columns of one image, and of all. */
    pixels: 'u32',
    columns: 'u32',
    /** Workgroups along the columns. */
    columnGroups: 'u32',
    /** Register form: distance of an invocation's columns, ceil(columns / tile's columns). */
    stride: 'u32',
    ...splitUniforms,
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    sourceBinding(variant.source, variant.element),
    weightsBinding(variant.element, variant.weights),
    ...splitBindings(variant),
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  workgroupBytes: ({ tile }) => (isRegister(tile) ? 0 : tileBytes(productTiles[tile])),
  iterations: ({ tile }, { kBlocks, sliceBlocks }) => {
    const turns = Math.min(kBlocks, sliceBlocks);
    if (!isRegister(tile)) return productTurns(turns);
    const { pixels, blocks } = registerTiles[tile];
    return turns + pixels * (1 + blocks);
  },
  wgsl: (variant) => wgsl`
${flatIndex}
${splitSource(variant)}
${blockReader(variant.source)}
${weightReader(variant.weights)}
${mainOf(variant)}
`,
});
