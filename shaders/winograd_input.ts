/**
 * Winograd's input transform Bᵀ d B: one invocation reads a tile of (m + 2)² pixels of one channel
 * block and writes the tile's column of (m + 2)² matrices. Neighbours own neighbouring tiles.
 *
 * Bindings: `source` C4, or linear with a multiple of four channels; `result` f32 `[(m + 2)²][inBlock][tile]` of vec4, the sources of a batched
 * product.
 */

import { blockReader, type Source, sourceBinding } from './lib/conv-geometry.ts';
import { type FloatElement, floatElements } from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lines, range } from './lib/unroll.ts';
import {
  pairedRows,
  tileAt,
  type WinogradSize,
  winogradLanes,
  winogradMatrices,
  winogradSizes,
  winogradUniforms,
} from './lib/winograd.ts';

export type WinogradInputVariant = {
  readonly size: WinogradSize;
  readonly lanes: number;
  readonly source: Source;
  readonly element: FloatElement;
};

export const winogradInput = defineKernel({
  name: 'winograd_input',
  variants: (): WinogradInputVariant[] =>
    winogradSizes.flatMap((size) =>
      Object.values(winogradLanes).flatMap((lanes) =>
        (['c4', 'linear'] as const).flatMap((source) =>
          floatElements.map((element) => ({ size, lanes, source, element })),
        ),
      ),
    ),
  uniforms: {
    inBlocks: 'u32',
    inHeight: 'u32',
    inWidth: 'u32',
    padTop: 'i32',
    padLeft: 'i32',
    ...winogradUniforms,
  },
  bindings: ({ source, element }) => [
    sourceBinding(source, element),
    { name: 'result', access: 'read_write', type: 'array<vec4<f32>>' },
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  wgsl({ size, source }) {
    const { input } = winogradMatrices(size);
    const side = range(size + 2);
    return wgsl`
${flatIndex}
${c4Functions}
${blockReader(source)}
${tileAt}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  let tile = index % u.tiles;
  let block = index / u.tiles;
  if (block >= u.inBlocks || u.firstTile + tile >= u.allTiles) {
    return;
  }
  let place = tileAt(tile);
  // Input coordinates of the tile's corner; negative in the padding.
  let firstX = u32(i32(place.x * ${size}u) - u.padLeft);
  let firstY = u32(i32(place.y * ${size}u) - u.padTop);
  let pixels = u.inHeight * u.inWidth;
  let start = blockAt(place.z, block, u.inBlocks, firstY * u.inWidth + firstX, pixels);
  ${lines(side.map((y) => `let inside${y} = firstY + ${y}u < u.inHeight;`))}
  // Along y, column by column.
  ${lines(
    side.map((x) =>
      lines([
        `let inside_${x} = firstX + ${x}u < u.inWidth;`,
        ...side.map(
          (y) =>
            `let d${y}_${x} = select(vec4<f32>(0.0), readBlock(start + ${y}u * u.inWidth + ${x}u, pixels), inside${y} & inside_${x});`,
        ),
        pairedRows(
          input,
          side.map((y) => `d${y}_${x}`),
          (row) => `t${row}_${x}`,
        ),
      ]),
    ),
  )}
  // Along x, row by row.
  let plane = u.inBlocks * u.tiles;
  ${lines(
    side.map((y) =>
      lines([
        pairedRows(
          input,
          side.map((x) => `t${y}_${x}`),
          (column) => `v${y}_${column}`,
        ),
        ...side.map((x) => `result[${y * (size + 2) + x}u * plane + index] = v${y}_${x};`),
      ]),
    ),
  )}
}
`;
  },
});
