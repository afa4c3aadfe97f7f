/** ConvTranspose on a device: candidates of `conv_transpose`, one for each tile. */

import {
  type ConvTransposeShape,
  convTranspose,
  convTransposeLanes,
  convTransposeShapes,
} from '../../../shaders/conv_transpose.ts';
import { epilogueBuffers, epilogueValues, epilogueVariant } from '../../../shaders/lib/epilogue.ts';
import { dispatch, foldWorkgroups, input, packed } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { asColumn } from '../conv/as-column.ts';
import { geometryValues, resultBytes, sourceBytes } from '../conv/cost.ts';
import { packTransposedWeights } from '../conv/packing.ts';
import { type ConvProblem, convInputs, problemOf, tapsOf } from '../conv/problem.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { type ConvTransposeAttributes, convTransposeGeometry } from './geometry.ts';

export function lowerConvTranspose(
  io: LoweringIO,
  attributes: ConvTransposeAttributes,
  caps: DeviceCaps,
): readonly Candidate[] {
  const found = problemOf(io, (...dims) => convTransposeGeometry(...dims, attributes));
  if (found?.sourceLayout !== 'c4') return [];
  const problem = asColumn(found);
  const inPerGroup = problem.inChannels / problem.group;
  const outPerGroup = problem.outChannels / problem.group;
  const aligned = problem.group === 1 || (inPerGroup % 4 === 0 && outPerGroup % 4 === 0);
  const lanes = convTransposeLanes[caps.software ? 'software' : 'hardware'];
  return convTransposeShapes
    .filter(
      (shape) =>
        shape.lanes === lanes &&
        shape.reads === (aligned ? 'blocks' : 'lanes') &&
        // All blocks of a tile must be of one group.
        (!aligned || problem.group === 1 || outPerGroup % (4 * shape.blocks) === 0),
    )
    .map((shape) => candidate(problem, shape, caps));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function candidate(p: ConvProblem, shape: ConvTransposeShape, caps: DeviceCaps): Candidate {
  const { rows, blocks, lanes, reads } = shape;
  const strides = [p.strideX, p.strideY, p.strideZ] as const;
  const dilations = [p.dilationX, p.dilationY, p.dilationZ] as const;
  const divisors = strides.map((stride, axis) =>
    greatestCommonDivisor(stride, dilations[axis] as number),
  );
  const divided = (values: readonly number[]) => {
    const [x = 1, y = 1, z = 1] = values.map((value, axis) => value / (divisors[axis] as number));
    return [x, y, z, 0] as const;
  };
  const inPerGroup = p.inChannels / p.group;
  const outBlocks = channelBlocks(p.outChannels);
  const phases = p.strideX * p.strideY * p.strideZ;
  const phaseWidth = Math.ceil(p.outWidth / p.strideX);
  const phaseDepth = Math.ceil(p.outDepth / p.strideZ);
  const tilesY = Math.ceil(Math.ceil(p.outHeight / p.strideY) / rows);
  const tiles = p.batch * phaseDepth * tilesY * phaseWidth;
  const tileGroups = Math.ceil(tiles / lanes);
  const blockGroups = Math.ceil(outBlocks / blocks);
  const packing = packTransposedWeights({ ...p, inChannels: inPerGroup });
  const results = p.epilogue.residual ? 2 : 1;
  // A phase has one tap in `phases` of them, on average.
  const macs =
    tileGroups *
    lanes *
    rows *
    blockGroups *
    blocks *
    4 *
    channelBlocks(inPerGroup) *
    4 *
    tapsOf(p);
  return {
    algorithm: `conv_transpose.${rows}x${blocks}`,
    dispatches: [
      dispatch(
        convTranspose,
        { ...shape, ...epilogueVariant(p.element, p.epilogue) },
        {
          ...geometryValues(p),
          ...{ inPerGroup, outPerGroup: p.outChannels / p.group },
          ...{ tapStep: divided(strides), inputStep: divided(dilations) },
          ...{ tiles, tilesY, phaseDepth, phaseWidth, tileGroups, blockGroups },
          ...epilogueValues(p.epilogue),
        },
        [input(convInputs.source), packed(0), ...epilogueBuffers(p.epilogue, packed(0))],
        foldWorkgroups(tileGroups * blockGroups * phases),
      ),
    ],
    scratch: [],
    packings: [packing],
    cost: {
      macs,
      bytes: sourceBytes(p) + packing.bytes + results * resultBytes(p),
      invocations: tiles * blockGroups * phases,
      efficiency: efficiency(reads, blocks, caps),
      barriers: false,
    },
  };
}

function efficiency(reads: ConvTransposeShape['reads'], blocks: number, caps: DeviceCaps): number {
  if (reads === 'lanes') return 0.03;
  if (caps.software) return blocks === 2 ? 0.15 : 0.11;
  return blocks === 2 ? 0.25 : 0.18;
}
