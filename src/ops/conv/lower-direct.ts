/** Candidates `conv_direct`: register tiles without workgroup memory. */

import {
  type ConvDirectShape,
  convDirect,
  convDirectLanes,
  convDirectShapes,
} from '../../../shaders/conv_direct.ts';
import { epilogueBuffers, epilogueValues, epilogueVariant } from '../../../shaders/lib/epilogue.ts';
import { dispatch, foldWorkgroups, input, packed, scratch } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { convert } from '../layout/convert-layout.ts';
import type { Candidate } from '../operator.ts';
import { asColumn } from './as-column.ts';
import { convBytes, geometryValues, sourceBytes } from './cost.ts';
import { packedBytes, unusedBeside, weightPackings, weightStorage } from './packing.ts';
import { type ConvProblem, convInputs, hasWholeBlocks, tapsOf } from './problem.ts';

export function lowerDirect(problem: ConvProblem, caps: DeviceCaps): Candidate[] {
  // A single row of pixels has the bytes of a single column: tiles lie along the longer axis.
  const p = asColumn(problem);
  const source = hasWholeBlocks(p) ? 'c4' : 'linear';
  const weights = weightStorage(p, packedBytes(p), caps);
  const narrow = caps.software && (weights === 'texture' || source === 'linear');
  const lanes = convDirectLanes[narrow ? 'software' : 'hardware'];
  const offered = convDirectShapes.filter((s) => s.source === source && s.lanes === lanes);
  const height = p.dilationY === 1 ? p.kernelHeight : 0;
  const columns = offered.filter((s) => s.kernelHeight === height && s.strideY === p.strideY);
  const slides = p.strideY === p.dilationY && p.kernelHeight > 1;
  const general = offered.filter((s) => s.kernelHeight === 0 && (!s.slide || slides));
  // One tap at a time pays beside an unrolled column where a loaded value has many blocks.
  const others = columns.length > 0 ? general.filter((s) => s.slide || s.blocks === 4) : general;
  return [...columns, ...others].map((shape) => candidate(p, shape, caps));
}

function candidate(p: ConvProblem, shape: ConvDirectShape, caps: DeviceCaps): Candidate {
  const { rows, blocks, lanes, slide, weights } = shape;
  const outBlocks = channelBlocks(p.outChannels);
  const tilesY = Math.ceil(p.outHeight / rows);
  const tiles = p.batch * p.outDepth * tilesY * p.outWidth;
  const tileGroups = Math.ceil(tiles / lanes);
  const blockGroups = Math.ceil(outBlocks / blocks);
  const channels = shape.source === 'linear' ? p.inChannels : channelBlocks(p.inChannels) * 4;
  // Each value is read many times: from blocks of four channels it is one load instead of four.
  const converts = shape.source !== p.sourceLayout;
  const dims = [p.batch, p.inChannels, p.inDepth, p.inHeight, p.inWidth];
  const bytes = converts ? sourceBytes(p) : 0;
  return {
    algorithm: `conv_direct.${rows}x${blocks}${slide ? 's' : ''}`,
    dispatches: [
      ...(converts ? convert('c4', p.element, dims, scratch(0)) : []),
      dispatch(
        convDirect,
        { ...shape, ...epilogueVariant(p.element, p.epilogue) },
        { ...geometryValues(p), tiles, tilesY, tileGroups, ...epilogueValues(p.epilogue) },
        [
          converts ? scratch(0) : input(convInputs.source),
          packed(0),
          ...epilogueBuffers(p.epilogue, unusedBeside(weights)),
        ],
        foldWorkgroups(tileGroups * blockGroups),
      ),
    ],
    scratch: converts ? [bytes] : [],
    packings: weightPackings(p, weights),
    cost: {
      macs: tileGroups * lanes * rows * blockGroups * blocks * 4 * channels * tapsOf(p),
      bytes: convBytes(p) + 2 * bytes,
      serialBytes: 2 * bytes,
      invocations: tiles * blockGroups,
      efficiency: efficiency(shape, tapsOf(p), caps),
      barriers: false,
    },
  };
}

/**
 * Share of the multiply-add ceiling. Software adapters: between those measured by CPU time on
 * llvmpipe and SwiftShader; loads are dear there, least of all from textures, hence tall tiles.
 * Others: by loads for each multiply-add, until it is measured.
 */
function efficiency(shape: ConvDirectShape, taps: number, { software }: DeviceCaps): number {
  const { source, rows, blocks, kernelHeight, slide, weights } = shape;
  const form =
    source === 'linear' ? 'linear' : kernelHeight > 0 ? 'column' : slide ? 'slide' : 'single';
  const size = rows > 8 ? 3 : rows <= 4 ? 0 : blocks === 4 ? 2 : 1;
  let share = shares[software ? 'software' : 'hardware'][form][size] as number;
  if (!software) return share;
  if (blocks === 4 && rows >= 8) share += rows > 8 ? 0.04 : -0.03;
  if (form === 'column' && weights === 'buffer') share *= 0.75;
  // A loop over one tap in the loop over channels costs half of what it does.
  return form === 'single' && taps === 1 ? share / 2 : share;
}

/** By the tile's size: of four rows, of seven or eight and two blocks, four blocks; taller ones. */
const shares = {
  hardware: {
    linear: [0.25, 0.3],
    column: [0.3, 0.35],
    slide: [0.28, 0.28],
    single: [0.2, 0.25, 0.3],
  },
  software: {
    linear: [0.18, 0.25],
    column: [0.25, 0.36, 0.34, 0.4],
    slide: [0.25, 0.25, 0.26, 0.34],
    single: [0.18, 0.22, 0.29],
  },
};
