/** Candidates `conv_1x1`, and the matrix product that other algorithms end in. */

import {
  gemmC4,
  type RegisterTileName,
  readsTexture,
  registerLanes,
  registerTileNames,
  registerTiles,
  splitRegisterTiles,
} from '../../../shaders/gemm_c4.ts';
import {
  type BufferRole,
  dispatch,
  foldWorkgroups,
  input,
  packed,
} from '../../../shaders/lib/kernel.ts';
import {
  type ProductTileName,
  productTileNames,
  productTiles,
  tileThreads,
} from '../../../shaders/lib/product-tile.ts';
import type { WeightStorage } from '../../../shaders/lib/weights.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Layout } from '../../graph/graph.ts';
import type { Candidate, Cost } from '../operator.ts';
import { convBytes } from './cost.ts';
import { packedBytes, unusedBeside, weightPackings, weightStorage } from './packing.ts';
import { type ConvProblem, convInputs, tapsOf } from './problem.ts';
import { productSizes, sliceCounts, splitEnd } from './split.ts';

export type TileName = RegisterTileName | ProductTileName;

function isRegister(tile: TileName): tile is RegisterTileName {
  return tile in registerTiles;
}

/** Product tiles that fit the device's workgroups. */
export function fittingTiles(caps: DeviceCaps): readonly ProductTileName[] {
  return productTileNames.filter(
    (name) => tileThreads(productTiles[name]) <= caps.limits.invocationsPerWorkgroup,
  );
}

/** Columns up to which the single form, which shares no load, is worth a look. */
const singleColumns = 16;

/** Tiles of `gemm_c4` for a product. */
function gemmTiles(p: ConvProblem, caps: DeviceCaps): readonly TileName[] {
  const few = productSizes(p).columns <= singleColumns;
  return [...registerTileNames.filter((tile) => few || tile !== '1x1r'), ...fittingTiles(caps)];
}

/** One way to compute a product: its tile and slices, what it dispatches and takes. */
export type Product = Pick<Candidate, 'dispatches' | 'scratch'> & {
  readonly name: string;
  /** Where it reads the packed weights. */
  readonly weights: WeightStorage;
  readonly cost: Omit<Cost, 'bytes'>;
  /** Bytes of partial sums. */
  readonly partialBytes: number;
};

/** Products by `gemm_c4` over `from`, in layout `source`; `at` is the first free scratch buffer. */
export function products(
  p: ConvProblem,
  from: BufferRole,
  source: Layout,
  at: number,
  caps: DeviceCaps,
): Product[] {
  const { columns, outBlocks, kBlocks } = productSizes(p);
  const storage = weightStorage(p, packedBytes(p), caps);
  return gemmTiles(p, caps).flatMap((tile) => {
    const register = isRegister(tile);
    const { pixels, blocks } = register ? registerTiles[tile] : productTiles[tile];
    const lanes = register
      ? registerLanes[caps.software ? 'software' : 'hardware']
      : tileThreads(productTiles[tile]);
    const weights = register && readsTexture(tile) ? storage : 'buffer';
    const stride = Math.ceil(columns / pixels);
    const columnGroups = Math.ceil(register ? stride / lanes : columns / pixels);
    const workgroups =
      tile === '1x1r'
        ? Math.ceil((columns * outBlocks) / lanes)
        : columnGroups * Math.ceil(outBlocks / blocks);
    const perWorkgroup = pixels * blocks * (register ? lanes : 1);
    const splits = !register || splitRegisterTiles.includes(tile);
    const counts = !splits ? [1] : sliceCounts(kBlocks, workgroups * lanes, caps);
    return counts.map((count) => {
      const { values, ...end } = splitEnd(p, count, at, unusedBeside(weights));
      const variant = { tile, lanes, source, weights, ...end.variant };
      const buffers = [from, packed(0), ...end.buffers];
      const all = foldWorkgroups(workgroups * values.slices);
      const work = dispatch(gemmC4, variant, { ...values, columnGroups, stride }, buffers, all);
      return {
        name: `${tile}${end.suffix}`,
        weights,
        dispatches: [work, ...end.dispatches],
        scratch: end.scratch,
        partialBytes: end.partialBytes,
        cost: {
          macs: workgroups * perWorkgroup * 4 * kBlocks * 4,
          invocations: workgroups * lanes * values.slices,
          efficiency: efficiency(tile, caps),
          barriers: !register,
        },
      };
    });
  });
}

/**
 * Share of the multiply-add ceiling, by tile. Software: measured on lavapipe (SwiftShader: 1.4
 * times that for all), the ones with barriers before the cost model's penalty for those. Others:
 * by loads for each multiply-add, until it is measured.
 */
const efficiencies: Readonly<Record<TileName, { software: number; hardware: number }>> = {
  '8x4r': { software: 0.25, hardware: 0.35 },
  '7x4r': { software: 0.25, hardware: 0.33 },
  '4x4r': { software: 0.19, hardware: 0.3 },
  '4x2r': { software: 0.16, hardware: 0.2 },
  '1x1r': { software: 0.05, hardware: 0.04 },
  '16x64': { software: 0.14, hardware: 0.3 },
  '32x32': { software: 0.14, hardware: 0.3 },
  '32x64': { software: 0.23, hardware: 0.4 },
  '64x64': { software: 0.33, hardware: 0.55 },
  '128x64': { software: 0.33, hardware: 0.55 },
};

export function efficiency(tile: TileName, caps: DeviceCaps): number {
  return efficiencies[tile][caps.software ? 'software' : 'hardware'];
}

/** Kernel 1, stride 1 and no pads on any side: the source is the patch matrix. */
export function isPlainProduct(p: ConvProblem): boolean {
  const pads = [p.padFront, p.padTop, p.padLeft, p.padBack, p.padBottom, p.padRight];
  return (
    (p.sourceLayout === 'c4' || p.inChannels % 4 === 0) &&
    tapsOf(p) === 1 &&
    p.strideZ * p.strideY * p.strideX === 1 &&
    pads.every((pad) => pad === 0)
  );
}

/** `conv_1x1`: the product alone. */
export function lowerPointwise(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  if (!isPlainProduct(p)) return [];
  return products(p, input(convInputs.source), p.sourceLayout, 0, caps).map((product) =>
    productCandidate(`conv_1x1.${product.name}`, p, product),
  );
}

export function productCandidate(algorithm: string, p: ConvProblem, product: Product): Candidate {
  const { dispatches, scratch, weights, cost, partialBytes } = product;
  const { serialBytes = 0 } = cost;
  return {
    algorithm,
    dispatches,
    scratch,
    packings: weightPackings(p, weights),
    cost: {
      ...cost,
      bytes: convBytes(p) + serialBytes + 2 * partialBytes,
      serialBytes: serialBytes + 2 * partialBytes,
    },
  };
}
