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
import { packWeights } from './packing.ts';
import { type ConvProblem, convInputs, hasWholeBlocks, tapsOf } from './problem.ts';

export function lowerDirect(problem: ConvProblem, caps: DeviceCaps): Candidate[] {
  // A single row of pixels has the bytes of a single column: tiles lie along the longer axis.
  const p = asColumn(problem);
  const source = hasWholeBlocks(p) ? 'c4' : 'linear';
  const lanes = caps.software ? convDirectLanes.software : convDirectLanes.hardware;
  const offered = convDirectShapes.filter(
    (s) => s.source === source && s.lanes === lanes && (caps.subgroups || !s.quad),
  );
  const height = p.dilationY === 1 ? p.kernelHeight : 0;
  const columns = offered.filter((s) => s.kernelHeight === height && s.strideY === p.strideY);
  const slides = p.strideY === p.dilationY && p.kernelHeight > 1;
  const general = offered.filter((s) => s.kernelHeight === 0 && (!s.slide || slides));
  // One tap at a time pays beside an unrolled column where a loaded value has many blocks.
  const others = columns.length > 0 ? general.filter((s) => s.slide || s.blocks === 4) : general;
  return [...columns, ...others].map((shape) => candidate(p, shape, caps));
}

function candidate(p: ConvProblem, shape: ConvDirectShape, caps: DeviceCaps): Candidate {
  const { rows, blocks, lanes, slide, quad } = shape;
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
    algorithm: `conv_direct.${rows}x${blocks}${slide ? 's' : quad ? 'q' : ''}`,
    dispatches: [
      ...(converts ? convert('c4', p.element, dims, scratch(0)) : []),
      dispatch(
        convDirect,
        { ...shape, ...epilogueVariant(p.element, p.epilogue) },
        { ...geometryValues(p), tiles, tilesY, tileGroups, ...epilogueValues(p.epilogue) },
        [
          converts ? scratch(0) : input(convInputs.source),
          packed(0),
          ...epilogueBuffers(p.epilogue, packed(0)),
        ],
        foldWorkgroups(tileGroups * blockGroups),
      ),
    ],
    scratch: converts ? [bytes] : [],
    packings: [packWeights(p)],
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
 * Share of the multiply-add ceiling, measured by CPU time on lavapipe and SwiftShader. Both load
 * lane by lane, whatever the address. llvmpipe wants short bodies besides: there one tap at a time
 * wins over a column, most of all where rows slide; on SwiftShader it is the other way round.
 * Others: by loads for each multiply-add, until it is measured.
 */
function efficiency(
  { source, rows, blocks, kernelHeight, slide, quad }: ConvDirectShape,
  taps: number,
  caps: DeviceCaps,
) {
  const large = rows > 4;
  const { architecture, description } = caps.adapter;
  const swiftShader = /swiftshader/i.test(architecture + description);
  if (source === 'linear') {
    if (caps.software) return large ? 0.17 : 0.11;
    return large ? 0.3 : 0.25;
  }
  if (kernelHeight > 0) {
    if (swiftShader) return quad ? (rows > 8 ? 0.55 : 0.48) : rows > 8 ? 0.43 : large ? 0.36 : 0.24;
    if (caps.software) return large ? 0.17 : 0.13;
    return large ? 0.35 : 0.3;
  }
  if (slide) return caps.software ? (swiftShader ? 0.25 : rows > 8 ? 0.34 : 0.26) : 0.28;
  // A loop over one tap in the loop over channels costs half of what it does.
  if (caps.software && taps === 1) return blocks === 4 ? 0.12 : 0.09;
  if (swiftShader) return blocks === 4 ? 0.3 : large ? 0.22 : 0.18;
  if (caps.software) return blocks === 4 ? 0.25 : large ? 0.16 : 0.13;
  return blocks === 4 ? 0.3 : large ? 0.25 : 0.2;
}
