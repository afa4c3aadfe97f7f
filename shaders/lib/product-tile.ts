/**
 * Products of packed weights with a patch matrix, tile by tile through workgroup memory: the core
 * that `gemm_c4` and `conv_implicit_gemm` share. They differ in how a patch is loaded.
 *
 * The patch matrix has a column for each output pixel of all images and K rows in blocks of four;
 * a tile is `pixels` columns × `blocks` output blocks, `tileDepth` K blocks at a time.
 */

import { flatMain } from './kernel.ts';
import { sliceOfWorkgroup } from './split.ts';
import { blockProduct, range } from './unroll.ts';

export interface ProductTile {
  /** Columns of the tile. */
  readonly pixels: number;
  /** Output blocks of four channels of the tile. */
  readonly blocks: number;
  /** Columns and output blocks of one invocation. */
  readonly threadPixels: number;
  readonly threadBlocks: number;
}

/** K blocks that are in workgroup memory at a time. */
export const tileDepth = 4;

/** By name: pixels × output channels. Small ones for small maps, which starve on large ones. */
export const productTiles = {
  '16x64': { pixels: 16, blocks: 16, threadPixels: 4, threadBlocks: 1 },
  '32x32': { pixels: 32, blocks: 8, threadPixels: 4, threadBlocks: 1 },
  '32x64': { pixels: 32, blocks: 16, threadPixels: 4, threadBlocks: 2 },
  '64x64': { pixels: 64, blocks: 16, threadPixels: 8, threadBlocks: 2 },
  '128x64': { pixels: 128, blocks: 16, threadPixels: 8, threadBlocks: 2 },
} as const satisfies Readonly<Record<string, ProductTile>>;

export type ProductTileName = keyof typeof productTiles;

export const productTileNames = Object.keys(productTiles) as readonly ProductTileName[];

export function tileThreads(tile: ProductTile): number {
  return (tile.pixels / tile.threadPixels) * (tile.blocks / tile.threadBlocks);
}

export function tileBytes(tile: ProductTile): number {
  return tileDepth * (tile.pixels + 4 * tile.blocks) * 16;
}

/** K blocks between two loads of one invocation. */
export function loadStep(tile: ProductTile): number {
  return tileThreads(tile) / tile.pixels;
}

/** Turns of the kernel's loops: one over the tiles along K, in it one over their depth. */
export function productTurns(kBlocks: number): number {
  return Math.ceil(kBlocks / tileDepth) * (tileDepth + 2);
}

/** How a kernel loads its patches. */
export interface PatchLoader {
  /** WGSL, once before the loop; sees `image`, `pixel`, `inRange` of its column, its `firstK`. */
  readonly setup: string;
  /** WGSL expression of the vec4 at K block `k` (`u32`) of the column. */
  readonly load: string;
  /** WGSL after each load: steps `loadStep` K blocks on. */
  readonly advance: string;
}

/**
 * WGSL of the whole kernel below its functions. Uniforms: `kBlocks`, `outBlocks`, `pixels` of one
 * image, `columns` of all images, `columnGroups` (tiles along the columns); `splitUniforms`. A batch
 * of products with weights of their own lies along z: see `gemm_c4`.
 */
export function productMain(tile: ProductTile, loader: PatchLoader): string {
  const { pixels, blocks, threadPixels, threadBlocks } = tile;
  const threads = tileThreads(tile);
  const step = loadStep(tile);
  /** Invocations along the columns; an invocation's columns lie that far apart. */
  const lanes = pixels / threadPixels;
  const sums = range(threadPixels).flatMap((p) =>
    range(threadBlocks).map((b) => ({ p, b, name: `sum${p}_${b}` })),
  );
  return `
var<workgroup> patchTile: array<vec4<f32>, ${tileDepth * pixels}>;
var<workgroup> weightTile: array<vec4<f32>, ${tileDepth * blocks * 4}>;

${flatMain} {
  let flat = flatWorkgroup(workgroup, counts);
  ${sliceOfWorkgroup(blocks)}
  let firstColumn = flat % u.columnGroups * ${pixels}u;
  // The column that this invocation loads, and the first K block of it.
  let loadColumn = local % ${pixels}u;
  let loadRow = local / ${pixels}u;
  let column = firstColumn + loadColumn;
  let inRange = column < u.columns;
  let image = column / u.pixels;
  let pixel = column % u.pixels;
  let firstK = startK + loadRow;
  ${loader.setup}
  // The columns and blocks that it computes.
  let lane = local % ${lanes}u;
  let threadBlock = local / ${lanes}u * ${threadBlocks}u;
  ${sums.map(({ name }) => `var ${name} = vec4<f32>(0.0);`).join('\n')}
  for (var first = startK; first < endK; first += ${tileDepth}u) {
    ${range(tileDepth / step)
      .map(
        (load) => `{
      let row = loadRow + ${load * step}u;
      let k = first + row;
      patchTile[row * ${pixels}u + loadColumn] = ${loader.load};
      ${loader.advance}
    }`,
      )
      .join('\n')}
    ${range((tileDepth * blocks * 4) / threads)
      .map(
        (load) => `{
      // Four invocations read the four vectors of a packed block, sixteen those of a whole row.
      let vector = local + ${load * threads}u;
      let row = vector / 4u % ${tileDepth}u;
      let block = vector / ${4 * tileDepth}u;
      let k = min(first + row, u.kBlocks - 1u);
      let outBlock = min(firstBlock + block, u.outBlocks - 1u);
      weightTile[(row * ${blocks}u + block) * 4u + vector % 4u] =
        vec4<f32>(weights[(workgroup.z * u.outBlocks + outBlock) * u.kBlocks + k][vector % 4u]);
    }`,
      )
      .join('\n')}
    workgroupBarrier();
    for (var row = 0u; row < ${tileDepth}u; row++) {
      ${range(threadPixels)
        .map((p) => `let value${p} = patchTile[row * ${pixels}u + lane + ${p * lanes}u];`)
        .join('\n')}
      ${range(threadBlocks)
        .map(
          (b) => `{
        let at = (row * ${blocks}u + threadBlock + ${b}u) * 4u;
        ${range(4)
          .map((i) => `let w${i} = weightTile[at + ${i}u];`)
          .join('\n')}
        ${range(threadPixels)
          .map((p) => `sum${p}_${b} += ${blockProduct('w', `value${p}`)};`)
          .join('\n')}
      }`,
        )
        .join('\n')}
    }
    workgroupBarrier();
  }
  ${range(threadPixels)
    .map(
      (p) => `{
    let column = firstColumn + lane + ${p * lanes}u;
    if (column < u.columns) {
      let image = workgroup.z + column / u.pixels;
      let pixel = column % u.pixels;
      ${range(threadBlocks)
        .map(
          (b) => `{
        let block = firstBlock + threadBlock + ${b}u;
        if (block < u.outBlocks) {
          storeBlock(sum${p}_${b}, block, c4Index(image, block, u.outBlocks, pixel, u.pixels));
        }
      }`,
        )
        .join('\n')}
    }
  }`,
    )
    .join('\n')}
}
`;
}
