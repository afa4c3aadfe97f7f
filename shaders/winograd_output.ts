/**
 * Winograd's output transform Aᵀ M A: one invocation reads a tile's (m + 2)² products of one output
 * block and stores m² pixels, each through the epilogue. Neighbours own neighbouring tiles.
 *
 * Bindings: `source` f32 `[(m + 2)²][outBlock][tile]` of vec4; bias, residual, result by the epilogue.
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
import { lines, range } from './lib/unroll.ts';
import {
  pairedColumns,
  tileAt,
  type WinogradSize,
  winogradLanes,
  winogradMatrices,
  winogradSizes,
  winogradUniforms,
} from './lib/winograd.ts';

export type WinogradOutputVariant = { readonly size: WinogradSize; readonly lanes: number } & {
  readonly [Field in keyof EpilogueVariant]: EpilogueVariant[Field];
};

export const winogradOutput = defineKernel({
  name: 'winograd_output',
  variants: (): WinogradOutputVariant[] =>
    winogradSizes.flatMap((size) =>
      Object.values(winogradLanes).flatMap((lanes) =>
        epilogueVariants().map((epilogue) => ({ size, lanes, ...epilogue })),
      ),
    ),
  uniforms: {
    outBlocks: 'u32',
    outHeight: 'u32',
    outWidth: 'u32',
    ...winogradUniforms,
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    { name: 'source', access: 'read', type: 'array<vec4<f32>>' },
    ...epilogueBindings(variant),
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  wgsl(variant) {
    const { size } = variant;
    const { output } = winogradMatrices(size);
    const side = range(size + 2);
    return wgsl`
${flatIndex}
${epilogueSource(variant)}
${tileAt}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  let tile = index % u.tiles;
  let block = index / u.tiles;
  if (block >= u.outBlocks || u.firstTile + tile >= u.allTiles) {
    return;
  }
  let plane = u.outBlocks * u.tiles;
  // Along y, column by column.
  ${lines(
    side.map((x) =>
      lines([
        ...side.map((y) => `let m${y}_${x} = source[${y * (size + 2) + x}u * plane + index];`),
        pairedColumns(
          output,
          side.map((y) => `m${y}_${x}`),
          (row) => `t${row}_${x}`,
        ),
      ]),
    ),
  )}
  let place = tileAt(tile);
  let firstX = place.x * ${size}u;
  let firstY = place.y * ${size}u;
  let pixels = u.outHeight * u.outWidth;
  let start = c4Index(place.z, block, u.outBlocks, firstY * u.outWidth + firstX, pixels);
  // Along x, row by row.
  ${lines(
    range(size).map((y) =>
      lines([
        `if (firstY + ${y}u < u.outHeight) {`,
        `let row = start + ${y}u * u.outWidth;`,
        pairedColumns(
          output,
          side.map((x) => `t${y}_${x}`),
          (column) => `y${column}`,
        ),
        ...range(size).map(
          (x) => `if (firstX + ${x}u < u.outWidth) { storeBlock(y${x}, block, row + ${x}u); }`,
        ),
        '}',
      ]),
    ),
  )}
}
`;
  },
});
