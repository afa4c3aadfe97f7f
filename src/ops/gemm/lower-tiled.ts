/** Candidates `gemm`: tiles of the result in registers, with and without workgroup memory. */

import {
  type GemmTileName,
  gemm,
  gemmTileSize,
  gemmTiles,
  integerTile,
} from '../../../shaders/gemm.ts';
import type { Kernel } from '../../../shaders/lib/kernel.ts';
import type { MatrixLoads } from '../../../shaders/lib/matrix.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate } from '../operator.ts';
import { candidates, fours, loadsOf } from './forms.ts';
import type { MatrixProduct } from './problem.ts';

export function lowerTiled(product: MatrixProduct, caps: DeviceCaps): Candidate[] {
  const { element } = product;
  if (element === 'i32' || element === 'u32') return tiled(product, 'scalar', integerTile, caps);
  const names: readonly GemmTileName[] = caps.software
    ? ['register8x8', 'register4x4', 'workgroup64x64', 'workgroup32x32']
    : ['workgroup64x64', 'workgroup32x32', 'register4x4', 'register8x8'];
  return names.flatMap((name) => tiled(product, loadsOf(product), name, caps));
}

/**
 * Share of the multiply-add ceiling that the inner loops reach: on software adapters by the order
 * and distances measured there (SwiftShader, lavapipe), else by the loads for each multiply-add.
 */
const efficiencies: Readonly<Record<GemmTileName, { software: number; gpu: number }>> = {
  register4x4: { software: 0.18, gpu: 0.2 },
  register8x8: { software: 0.25, gpu: 0.3 },
  workgroup32x32: { software: 0.08, gpu: 0.35 },
  workgroup64x64: { software: 0.1, gpu: 0.5 },
};

function tiled(
  product: MatrixProduct,
  loads: MatrixLoads,
  name: GemmTileName,
  caps: DeviceCaps,
): Candidate[] {
  const { element, rows, columns, batch } = product;
  const tile = gemmTiles[name];
  const [tileRows, tileColumns] = gemmTileSize(tile);
  const vectorStore = loads !== 'scalar' && fours(columns);
  const efficiency = efficiencies[name][caps.software ? 'software' : 'gpu'];
  // Tiles at an edge compute whole; register tiles wholly outside end at once.
  const across = (size: number, own: number, whole: number): number =>
    tile.depth > 0 ? Math.ceil(size / whole) * whole : Math.ceil(size / own) * own;
  const results =
    sizeOf(batch) * across(rows, tile.rows, tileRows) * across(columns, tile.columns, tileColumns);
  return candidates(product, caps, {
    algorithm: tile.depth > 0 ? `gemm.${tileRows}x${tileColumns}` : `gemm.${name}`,
    kernel: gemm as unknown as Kernel,
    variant: { element, loads, vectorStore, tile: name },
    ...{ vectorStore, tileRows, tileColumns },
    turns: loads === 'scalar' && tile.depth === 0 ? 1 : 0.5,
    cost: {
      macs: results * product.depth,
      invocations: results / (tile.rows * tile.columns),
      efficiency: loads === 'scalar' ? efficiency * 0.6 : efficiency,
      barriers: tile.depth > 0,
    },
  });
}
