/** Candidates `conv_1x1`, and the matrix product that other algorithms end in. */

import {
  gemmC4,
  type RegisterTileName,
  registerLanes,
  registerTileNames,
  registerTiles,
} from '../../../shaders/gemm_c4.ts';
import { epilogueBuffers, epilogueValues } from '../../../shaders/lib/epilogue.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  foldWorkgroups,
  input,
  packed,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import {
  type ProductTileName,
  productTileNames,
  productTiles,
  tileThreads,
} from '../../../shaders/lib/product-tile.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate, Cost } from '../operator.ts';
import { convBytes } from './cost.ts';
import { packWeights } from './packing.ts';
import { type ConvProblem, convInputs, outPixels, tapsOf } from './problem.ts';

type TileName = RegisterTileName | ProductTileName;

/** Sizes that every product has. */
export function productSizes(p: ConvProblem) {
  const pixels = outPixels(p);
  return {
    kBlocks: channelBlocks(p.inChannels) * tapsOf(p),
    outBlocks: channelBlocks(p.outChannels),
    pixels,
    columns: p.batch * pixels,
  };
}

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
export function gemmTiles(p: ConvProblem, caps: DeviceCaps): readonly TileName[] {
  const few = productSizes(p).columns <= singleColumns;
  return [...registerTileNames.filter((tile) => few || tile !== '1x1r'), ...fittingTiles(caps)];
}

/** The dispatch of `gemm_c4` over `source`, and what it costs. */
export function product(
  p: ConvProblem,
  source: BufferRole,
  tile: TileName,
  caps: DeviceCaps,
): { readonly dispatch: Dispatch; readonly cost: Omit<Cost, 'bytes'> } {
  const sizes = productSizes(p);
  const register = isRegister(tile);
  const { pixels, blocks } = register ? registerTiles[tile] : productTiles[tile];
  const lanes = register
    ? registerLanes[caps.software ? 'software' : 'hardware']
    : tileThreads(productTiles[tile]);
  const stride = Math.ceil(sizes.columns / pixels);
  const columnGroups = Math.ceil(register ? stride / lanes : sizes.columns / pixels);
  const workgroups =
    tile === '1x1r'
      ? Math.ceil((sizes.columns * sizes.outBlocks) / lanes)
      : columnGroups * Math.ceil(sizes.outBlocks / blocks);
  const perWorkgroup = pixels * blocks * (register ? lanes : 1);
  return {
    dispatch: dispatch(
      gemmC4,
      { tile, lanes, element: p.element, activation: p.epilogue.activation?.name ?? 'none' },
      { ...sizes, columnGroups, stride, ...epilogueValues(p.epilogue) },
      [source, packed(0), ...epilogueBuffers(p.epilogue, packed(0))],
      foldWorkgroups(workgroups),
    ),
    cost: {
      macs: workgroups * perWorkgroup * 4 * sizes.kBlocks * 4,
      invocations: workgroups * lanes,
      efficiency: efficiency(tile, caps),
      barriers: !register,
    },
  };
}

/**
 * Share of the multiply-add ceiling, by tile. Software: measured on lavapipe (SwiftShader: 1.4
 * times that for all), the ones with barriers before the cost model's penalty for those. Others:
 * by loads for each multiply-add, until it is measured.
 */
const efficiencies: Readonly<Record<TileName, { software: number; hardware: number }>> = {
  '8x4r': { software: 0.23, hardware: 0.35 },
  '7x4r': { software: 0.23, hardware: 0.33 },
  '4x4r': { software: 0.18, hardware: 0.3 },
  '4x2r': { software: 0.15, hardware: 0.2 },
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
    p.sourceLayout === 'c4' &&
    tapsOf(p) === 1 &&
    p.strideZ * p.strideY * p.strideX === 1 &&
    pads.every((pad) => pad === 0)
  );
}

/** `conv_1x1`: the product alone. */
export function lowerPointwise(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  if (!isPlainProduct(p)) return [];
  return gemmTiles(p, caps).map((tile) => {
    const { dispatch, cost } = product(p, input(convInputs.source), tile, caps);
    return {
      algorithm: `conv_1x1.${tile}`,
      dispatches: [dispatch],
      scratch: [],
      packings: [packWeights(p)],
      cost: { ...cost, bytes: convBytes(p) },
    };
  });
}
