/**
 * Candidates `winograd_2x2` and `winograd_4x4`: input transform, one product for each point of a
 * tile, output transform. Tiles go in rounds, so that what lies between stays small.
 */

import { epilogueBuffers, epilogueValues, epilogueVariant } from '../../../shaders/lib/epilogue.ts';
import {
  type Dispatch,
  dispatch,
  foldWorkgroups,
  input,
  output,
  packed,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { range } from '../../../shaders/lib/unroll.ts';
import type { WeightStorage } from '../../../shaders/lib/weights.ts';
import { type WinogradSize, winogradLanes, winogradSizes } from '../../../shaders/lib/winograd.ts';
import { packWinograd } from '../../../shaders/pack_winograd.ts';
import { winogradInput } from '../../../shaders/winograd_input.ts';
import { winogradOutput } from '../../../shaders/winograd_output.ts';
import {
  type WinogradProductTile,
  winogradProduct,
  winogradProductLanes,
  winogradProductTileNames,
  winogradProductTiles,
} from '../../../shaders/winograd_product.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate, LoweringIO, Packing } from '../operator.ts';
import { geometryValues, movedBytes } from './cost.ts';
import { type Product, products } from './lower-product.ts';
import { packedBytes, stored, weightStorage } from './packing.ts';
import { type ConvProblem, convInputs } from './problem.ts';

/**
 * Share of a product's efficiency that is assumed. On GPUs Winograd is a win on some and a loss on
 * others, which only a measurement tells: it must be cheaper by far to be taken without one.
 */
const confidence = { software: 1, hardware: 0.6 } as const;

const arithmetic = { 2: 'winograd_2x2', 4: 'winograd_4x4' } as const;

/**
 * Bytes of a round's transformed tiles, inputs and products together: what a cache keeps until the
 * next dispatch reads it.
 */
const roundBytes = { software: 2 ** 21, hardware: 2 ** 25 } as const;

/**
 * With few channels the transforms cost more than the products save (ncnn draws the line at 16, too),
 * and F(4×4) rounds six times as much as a plain sum of one channel; from 16 on, it is twice.
 */
const fewChannels = (p: ConvProblem): boolean => Math.min(p.inChannels, p.outChannels) < 16;

/**
 * The transformed weights are 16/9 or 4 times the model's, for as long as the session lives: they
 * are not worth so many bytes more, nor many times what the convolution reads and writes.
 */
function isHeavy(p: ConvProblem, packing: Packing): boolean {
  const more = packing.bytes - packedBytes(p);
  return more > Math.max(mostWeightBytes, 4 * movedBytes(p));
}

const mostWeightBytes = 2 ** 21;

/** Fewer tiles than these do not fill a dispatch. */
const leastTiles = 64;

/** Products with workgroup memory, and without, that are worth a look on a GPU. */
const mostProducts = 2;

export function lowerWinograd(p: ConvProblem, caps: DeviceCaps, io: LoweringIO): Candidate[] {
  return winogradSizes.flatMap((size) => {
    const rounds = roundsOf(p, size, caps, io.scratchBytes);
    const byRound = rounds.map((round) => roundProducts(p, size, round, caps));
    return (byRound[0] ?? []).flatMap(({ name }) => {
      const chosen = byRound.flatMap((list) => list.filter((other) => other.name === name));
      if (chosen.length < rounds.length) return [];
      return candidate(p, size, rounds, chosen, caps, io.plainRounding);
    });
  });
}

/** The products of all points of a round, from the transformed inputs to where outputs come from. */
type RoundProduct = Pick<Product, 'name' | 'dispatches' | 'cost'>;

function roundProducts(
  p: ConvProblem,
  size: WinogradSize,
  { tiles }: Round,
  caps: DeviceCaps,
): RoundProduct[] {
  const points = pointsOf(size);
  if (caps.software) {
    return winogradProductTileNames.map((tile) => matrixProduct(p, tile, tiles, points, caps));
  }
  const all = products(productProblem(p, tiles), scratch(0), 'c4', 2, caps)
    .filter(({ dispatches }) => dispatches.length === 1)
    .sort((a, b) => effort(a) - effort(b));
  const withBarriers = all.filter(({ cost }) => cost.barriers);
  const without = all.filter(({ cost }) => !cost.barriers);
  return [...without.slice(0, mostProducts), ...withBarriers.slice(0, mostProducts)].map(
    (product) => batched(product, points),
  );
}

const effort = ({ cost }: Product): number => cost.macs / cost.efficiency;

/** A plan is a list of dispatches: nobody waits for more of them, nor for their list. */
const mostRounds = 1024;

/** Share of the multiply-add ceiling, between those measured on llvmpipe and SwiftShader. */
const matrixEfficiency: Readonly<Record<WinogradProductTile, number>> = {
  '16x4': 0.36,
  '8x4': 0.33,
  '4x4': 0.27,
};

function matrixProduct(
  p: ConvProblem,
  tile: WinogradProductTile,
  tiles: number,
  points: number,
  caps: DeviceCaps,
): RoundProduct {
  const { inBlocks: kBlocks, outBlocks } = geometryValues(p);
  const shape = winogradProductTiles[tile];
  const groups = tiles / 4;
  const stride = Math.ceil(groups / shape.groups);
  const invocations = points * Math.ceil(outBlocks / shape.blocks) * stride;
  return {
    name: tile,
    dispatches: [
      dispatch(
        winogradProduct,
        { tile, weights: productStorage(p, points, caps) },
        { kBlocks, outBlocks, groups, points, stride },
        [scratch(0), packed(0), scratch(1)],
        foldWorkgroups(Math.ceil(invocations / winogradProductLanes)),
      ),
    ],
    cost: {
      macs: invocations * shape.groups * shape.blocks * kBlocks * 64,
      invocations,
      efficiency: matrixEfficiency[tile],
      barriers: false,
    },
  };
}

/** Tiles that go through the transforms at once: fours, the last ones perhaps past the end. */
interface Round {
  readonly firstTile: number;
  readonly tiles: number;
}

/** Points of a tile: the products of a round. */
const pointsOf = (size: WinogradSize): number => (size + 2) ** 2;

function tilesOf(p: ConvProblem, size: WinogradSize) {
  const tilesX = Math.ceil(p.outWidth / size);
  const tilesY = Math.ceil(p.outHeight / size);
  return { tilesX, tilesY, all: p.batch * tilesX * tilesY };
}

/** As few rounds of equal size as the cache and the plan's memory allow. */
function roundsOf(
  p: ConvProblem,
  size: WinogradSize,
  caps: DeviceCaps,
  scratchBytes = Number.POSITIVE_INFINITY,
): Round[] {
  const { all } = tilesOf(p, size);
  const { inBlocks, outBlocks } = geometryValues(p);
  const bytes = pointsOf(size) * (inBlocks + outBlocks) * 16;
  const limit = Math.min(scratchBytes, roundBytes[caps.software ? 'software' : 'hardware']);
  const most = Math.max(Math.floor(limit / bytes), leastTiles);
  const count = Math.ceil(all / most);
  const each = Math.ceil(all / count / 8) * 8;
  if (count > mostRounds) return [];
  return range(Math.ceil(all / each)).map((round) => ({
    firstTile: round * each,
    tiles: Math.min(each, Math.ceil((all - round * each) / 4) * 4),
  }));
}

/** One point's product of a round, as a 1×1 convolution whose columns are the tiles. */
function productProblem(p: ConvProblem, tiles: number): ConvProblem {
  const { outBlocks } = geometryValues(p);
  return {
    ...p,
    ...{ batch: 1, inHeight: 1, inWidth: tiles, outHeight: 1, outWidth: tiles },
    ...{ kernelHeight: 1, kernelWidth: 1, padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 },
    element: 'f32',
    // Lanes past the last channel are zero already: their weights are.
    epilogue: {
      ...{ outChannels: outBlocks * 4, outPixels: tiles, store: 'c4' },
      bias: undefined,
      residual: undefined,
      activation: undefined,
    },
  };
}

function candidate(
  p: ConvProblem,
  size: WinogradSize,
  rounds: readonly Round[],
  chosen: readonly RoundProduct[],
  caps: DeviceCaps,
  plainRounding = false,
): Candidate {
  const { inBlocks, outBlocks } = geometryValues(p);
  const points = pointsOf(size);
  const most = rounds[0]?.tiles ?? 0;
  const packing = packWeights(p, size, caps);
  const transformed = points * (inBlocks + outBlocks) * tilesOf(p, size).all * 16;
  const [first] = chosen;
  return {
    algorithm: `${arithmetic[size]}.${first?.name}`,
    arithmetic: arithmetic[size],
    onlyForced: (plainRounding ? size === 4 : fewChannels(p)) || isHeavy(p, packing),
    dispatches: rounds.flatMap((round, at) =>
      transforms(p, size, round, caps, chosen[at]?.dispatches ?? []),
    ),
    scratch: [points * inBlocks * most * 16, points * outBlocks * most * 16],
    packings: [packing],
    cost: {
      macs: chosen.reduce((sum, { cost }) => sum + cost.macs, 0),
      bytes: transformed + packing.bytes,
      serialBytes: transformed + movedBytes(p),
      invocations: first?.cost.invocations ?? 0,
      efficiency:
        (first?.cost.efficiency ?? 1) * confidence[caps.software ? 'software' : 'hardware'],
      barriers: first?.cost.barriers ?? false,
    },
  };
}

/** A product of one point, for all points. */
function batched({ name, dispatches, cost }: Product, points: number): RoundProduct {
  return {
    name,
    dispatches: dispatches.map((dispatch) => ({
      ...dispatch,
      buffers: dispatch.buffers.map((role) => (role.role === 'output' ? scratch(1) : role)),
      workgroups: [dispatch.workgroups[0], dispatch.workgroups[1], points],
    })),
    cost: { ...cost, macs: points * cost.macs, invocations: points * cost.invocations },
  };
}

/** The dispatches of one round, around its products. */
function transforms(
  p: ConvProblem,
  size: WinogradSize,
  round: Round,
  caps: DeviceCaps,
  products: readonly Dispatch[],
): Dispatch[] {
  const geometry = geometryValues(p);
  const { inBlocks, inHeight, inWidth, padTop, padLeft } = geometry;
  const { outBlocks, outHeight, outWidth } = geometry;
  const { tilesX, tilesY, all } = tilesOf(p, size);
  const tiles = { tilesX, tilesY, allTiles: all, ...round };
  const lanes = winogradLanes[caps.software ? 'software' : 'hardware'];
  const groups = (blocks: number) => foldWorkgroups(Math.ceil((blocks * round.tiles) / lanes));
  const { element, epilogue } = p;
  return [
    dispatch(
      winogradInput,
      { size, lanes, source: p.sourceLayout, element },
      { inBlocks, inHeight, inWidth, padTop, padLeft, ...tiles },
      [input(convInputs.source), scratch(0)],
      groups(inBlocks),
    ),
    ...products,
    dispatch(
      winogradOutput,
      { size, lanes, ...epilogueVariant(element, epilogue) },
      { outBlocks, outHeight, outWidth, ...tiles, ...epilogueValues(epilogue) },
      [scratch(1), ...epilogueBuffers(epilogue, scratch(1))],
      groups(outBlocks),
    ),
  ];
}

/** Where the weights of all points lie: GPUs take `gemm_c4`, which wants a buffer. */
function productStorage(p: ConvProblem, points: number, caps: DeviceCaps): WeightStorage {
  const { inBlocks, outBlocks } = geometryValues(p);
  return weightStorage(p, inBlocks * outBlocks * 64 * points, caps);
}

function packWeights(p: ConvProblem, size: WinogradSize, caps: DeviceCaps): Packing {
  const { inBlocks, outBlocks } = geometryValues(p);
  const { element, inChannels, outChannels } = p;
  const vectors = inBlocks * outBlocks * 4;
  const pack = dispatch(
    packWinograd,
    { size, element },
    { outChannels, inChannels, vectors },
    [input(0), output(0)],
    foldWorkgroups(Math.ceil(vectors / 64)),
  );
  const packing = {
    input: convInputs.weight,
    key: `${arithmetic[size]}.${element}`,
    bytes: vectors * pointsOf(size) * 16,
    dispatches: [pack],
  };
  return stored(packing, 'f32', productStorage(p, pointsOf(size), caps));
}
