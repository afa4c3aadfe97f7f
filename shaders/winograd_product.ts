/**
 * Winograd's products, one for each point of a tile, on adapters that run on a CPU: everything is a
 * 4×4 matrix, four tiles × four channels. An invocation owns groups × blocks of the result.
 *
 * There each scalar that a lane loads costs as much as several multiply-adds, wherever it lies and
 * whoever else loads it (SwiftShader and llvmpipe gather lane by lane): large register tiles, no
 * lane idle. Hence lanes run on over all groups, blocks and points.
 *
 * Bindings: `source` `[point][kBlock][group]`, `weights` `[point][outBlock][kBlock]`, `result`
 * `[point][outBlock][group]`, all of 4×4.
 */

import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lines, range } from './lib/unroll.ts';
import { weightBlock, weightReader, weightStorages, weightsBinding } from './lib/weights.ts';

/** By name, tiles × output blocks of an invocation: its groups of four tiles, and blocks. */
export const winogradProductTiles = {
  '16x4': { groups: 4, blocks: 4 },
  '8x4': { groups: 2, blocks: 4 },
  '4x4': { groups: 1, blocks: 4 },
} as const;

export type WinogradProductTile = keyof typeof winogradProductTiles;

export const winogradProductTileNames = Object.keys(
  winogradProductTiles,
) as readonly WinogradProductTile[];

/** Invocations of a workgroup: a vector of a CPU. */
export const winogradProductLanes = 8;

export const winogradProduct = defineKernel({
  name: 'winograd_product',
  variants: () =>
    winogradProductTileNames.flatMap((tile) =>
      weightStorages.map((weights) => ({ tile, weights })),
    ),
  uniforms: {
    /** Blocks of four channels. */
    kBlocks: 'u32',
    outBlocks: 'u32',
    /** Groups of four tiles, and points. */
    groups: 'u32',
    points: 'u32',
    /** Invocations along the groups; those of one invocation lie so far apart. */
    stride: 'u32',
  },
  bindings: ({ weights }) => [
    { name: 'source', access: 'read', type: 'array<mat4x4<f32>>' },
    weightsBinding('f32', weights),
    { name: 'result', access: 'read_write', type: 'array<mat4x4<f32>>' },
  ],
  workgroupSize: () => [winogradProductLanes, 1, 1],
  iterations: (_, { kBlocks }) => kBlocks,
  wgsl({ tile, weights }) {
    const { groups, blocks } = winogradProductTiles[tile];
    const sums = range(groups).flatMap((g) => range(blocks).map((b) => `sum${g}_${b}`));
    return wgsl`
${flatIndex}
${weightReader(weights)}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  let blockGroups = (u.outBlocks + ${blocks - 1}u) / ${blocks}u;
  let group = index % u.stride;
  let block = index / u.stride % blockGroups * ${blocks}u;
  let point = index / u.stride / blockGroups;
  if (point >= u.points) {
    return;
  }
  // Groups and blocks past the end repeat the last one and are not stored.
  ${lines(
    range(groups).map(
      (g) =>
        `var source${g} = point * u.kBlocks * u.groups + min(group + ${g}u * u.stride, u.groups - 1u);`,
    ),
  )}
  ${lines(
    range(blocks).map(
      (b) =>
        `let weights${b} = (point * u.outBlocks + min(block + ${b}u, u.outBlocks - 1u)) * u.kBlocks;`,
    ),
  )}
  ${lines(sums.map((name) => `var ${name} = mat4x4<f32>();`))}
  for (var k = 0u; k < u.kBlocks; k++) {
    ${lines(
      range(groups).map((g) => `let value${g} = source[source${g}];\nsource${g} += u.groups;`),
    )}
    ${lines(
      range(blocks).map((b) =>
        lines([
          `let w${b} = ${weightBlock(weights, `weights${b} + k`)};`,
          ...range(groups).map((g) => `sum${g}_${b} += w${b} * value${g};`),
        ]),
      ),
    )}
  }
  ${lines(
    range(groups).map(
      (g) => `{
    let column = group + ${g}u * u.stride;
    if (column < u.groups) {
      let first = (point * u.outBlocks + block) * u.groups + column;
      ${lines(
        range(blocks).map(
          (b) =>
            `if (block + ${b}u < u.outBlocks) { result[first + ${b}u * u.groups] = sum${g}_${b}; }`,
        ),
      )}
    }
  }`,
    ),
  )}
}
`;
  },
});
