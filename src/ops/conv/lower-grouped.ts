/** Candidates `conv_grouped`: convolutions of any number of groups, C4 to C4. */

import {
  type ConvGroupedShape,
  convGrouped,
  convGroupedLanes,
  convGroupedShapes,
  type GroupReads,
} from '../../../shaders/conv_grouped.ts';
import { epilogueBuffers, epilogueValues, epilogueVariant } from '../../../shaders/lib/epilogue.ts';
import { dispatch, foldWorkgroups, input, packed } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate } from '../operator.ts';
import { asColumn } from './as-column.ts';
import { geometryValues, movedBytes } from './cost.ts';
import { packWeights } from './packing.ts';
import { type ConvProblem, convInputs, tapsOf } from './problem.ts';

export function lowerGrouped(problem: ConvProblem, caps: DeviceCaps): Candidate[] {
  const p = asColumn(problem);
  const inPerGroup = p.inChannels / p.group;
  const outPerGroup = p.outChannels / p.group;
  const reads = groupReads(inPerGroup, outPerGroup);
  const lanes = caps.software ? convGroupedLanes.software : convGroupedLanes.hardware;
  // Both blocks of a tile must be of one group.
  const shapes = convGroupedShapes.filter(
    (s) => s.lanes === lanes && s.reads === reads && (s.blocks === 1 || outPerGroup % 8 === 0),
  );
  const height = p.dilationY === 1 ? p.kernelHeight : 0;
  const unrolled = shapes.filter((s) => s.kernelHeight === height && s.strideY === p.strideY);
  const tiles = unrolled.length > 0 ? unrolled : shapes.filter((s) => s.kernelHeight === 0);
  return tiles.map((shape) => groupedCandidate(p, shape, caps));
}

function groupReads(inPerGroup: number, outPerGroup: number): GroupReads {
  if (outPerGroup % 4 !== 0) return 'lanes';
  return inPerGroup % 4 === 0 ? 'blocks' : 'channel';
}

function groupedCandidate(p: ConvProblem, shape: ConvGroupedShape, caps: DeviceCaps): Candidate {
  const { reads, rows, blocks, lanes } = shape;
  const inPerGroup = p.inChannels / p.group;
  const outPerGroup = p.outChannels / p.group;
  const tilesY = Math.ceil(p.outHeight / rows);
  const tiles = p.batch * p.outDepth * tilesY * p.outWidth;
  const tileGroups = Math.ceil(tiles / lanes);
  const blockGroups = Math.ceil(channelBlocks(p.outChannels) / blocks);
  const packing = packWeights({ ...p, inChannels: inPerGroup });
  const work = dispatch(
    convGrouped,
    { ...shape, ...epilogueVariant(p.element, p.epilogue) },
    {
      ...geometryValues(p),
      ...{ inPerGroup, outPerGroup, tiles, tilesY, tileGroups },
      ...epilogueValues(p.epilogue),
    },
    [input(convInputs.source), packed(0), ...epilogueBuffers(p.epilogue, packed(0))],
    foldWorkgroups(tileGroups * blockGroups),
  );
  const efficiency = caps.software
    ? { blocks: 0.2, channel: 0.06, lanes: 0.012 }
    : { blocks: 0.2, channel: 0.08, lanes: 0.03 };
  return {
    algorithm: `conv_grouped.${rows}x${blocks}`,
    dispatches: [work],
    scratch: [],
    packings: [packing],
    cost: {
      macs: tileGroups * lanes * rows * blockGroups * blocks * 4 * inPerGroup * tapsOf(p),
      bytes: movedBytes(p) + packing.bytes,
      invocations: tiles * blockGroups,
      efficiency: efficiency[reads],
      barriers: false,
    },
  };
}
