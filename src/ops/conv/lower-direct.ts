/** Candidates `conv_direct`: register tiles without workgroup memory. */

import {
  type ConvDirectShape,
  convDirect,
  convDirectLanes,
  convDirectShapes,
} from '../../../shaders/conv_direct.ts';
import { epilogueBuffers, epilogueValues, epilogueVariant } from '../../../shaders/lib/epilogue.ts';
import { dispatch, foldWorkgroups, input, packed } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate } from '../operator.ts';
import { asColumn } from './as-column.ts';
import { convBytes, geometryValues } from './cost.ts';
import { packWeights } from './packing.ts';
import { type ConvProblem, convInputs, tapsOf } from './problem.ts';

export function lowerDirect(problem: ConvProblem, caps: DeviceCaps): Candidate[] {
  // A single row of pixels has the bytes of a single column: tiles lie along the longer axis.
  const p = asColumn(problem);
  const height = p.dilationY === 1 ? p.kernelHeight : 0;
  const lanes = caps.software ? convDirectLanes.software : convDirectLanes.hardware;
  // Linear planes in blocks of four where there is no lane to mask.
  const source = p.sourceLayout === 'linear' && p.inChannels % 4 === 0 ? 'planes' : p.sourceLayout;
  const shapes = convDirectShapes.filter((s) => s.source === source && s.lanes === lanes);
  const fits = shapes.filter((s) => s.kernelHeight === height && s.strideY === p.strideY);
  const general = shapes.filter((s) => s.kernelHeight === 0);
  // One tap at a time pays beside an unrolled column where a loaded value has many blocks.
  const others = fits.length > 0 ? general.filter((s) => s.blocks === 4) : general;
  return [...fits, ...others].map((shape) => candidate(p, shape, caps));
}

function candidate(p: ConvProblem, shape: ConvDirectShape, caps: DeviceCaps): Candidate {
  const { rows, blocks, lanes } = shape;
  const outBlocks = channelBlocks(p.outChannels);
  const tilesY = Math.ceil(p.outHeight / rows);
  const tiles = p.batch * p.outDepth * tilesY * p.outWidth;
  const tileGroups = Math.ceil(tiles / lanes);
  const blockGroups = Math.ceil(outBlocks / blocks);
  const channels = shape.source === 'linear' ? p.inChannels : channelBlocks(p.inChannels) * 4;
  return {
    algorithm: `conv_direct.${rows}x${blocks}`,
    dispatches: [
      dispatch(
        convDirect,
        { ...shape, ...epilogueVariant(p.element, p.epilogue) },
        { ...geometryValues(p), tiles, tilesY, tileGroups, ...epilogueValues(p.epilogue) },
        [input(convInputs.source), packed(0), ...epilogueBuffers(p.epilogue, packed(0))],
        foldWorkgroups(tileGroups * blockGroups),
      ),
    ],
    scratch: [],
    packings: [packWeights(p)],
    cost: {
      macs: tileGroups * lanes * rows * blockGroups * blocks * 4 * channels * tapsOf(p),
      bytes: convBytes(p),
      invocations: tiles * blockGroups,
      efficiency: efficiency(shape, tapsOf(p), caps),
      barriers: false,
    },
  };
}

/**
 * Share of the multiply-add ceiling, measured by CPU time on lavapipe and SwiftShader. On llvmpipe
 * a short body that takes one tap wins over one that takes a column; on SwiftShader, where loads
 * are dearest, it is the other way round. Others: by loads for each multiply-add, until it is
 * measured.
 */
function efficiency(
  { source, rows, blocks, kernelHeight }: ConvDirectShape,
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
    if (swiftShader) return large ? 0.36 : 0.24;
    if (caps.software) return large ? 0.17 : 0.13;
    return large ? 0.35 : 0.3;
  }
  // A loop over one tap in the loop over channels costs half of what it does.
  if (caps.software && taps === 1) return blocks === 4 ? 0.12 : 0.09;
  if (swiftShader) return blocks === 4 ? 0.3 : large ? 0.22 : 0.18;
  if (caps.software) return blocks === 4 ? 0.25 : large ? 0.16 : 0.13;
  return blocks === 4 ? 0.3 : large ? 0.25 : 0.2;
}
