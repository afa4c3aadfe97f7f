/** Candidates `depthwise` and `conv_grouped`: convolutions of more than one group. */

import {
  type ConvGroupedShape,
  convGrouped,
  convGroupedLanes,
  convGroupedShapes,
  type GroupReads,
} from '../../../shaders/conv_grouped.ts';
import { convertLayout } from '../../../shaders/convert_layout.ts';
import {
  type DepthwiseShape,
  depthwise,
  depthwiseLanes,
  depthwiseShapes,
} from '../../../shaders/depthwise.ts';
import { epilogueBuffers, epilogueValues } from '../../../shaders/lib/epilogue.ts';
import { dispatch, foldWorkgroups, input, output, packed } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { elementBytes } from '../device-tensor.ts';
import { lineWorkgroups } from '../movement/candidate.ts';
import type { Candidate, LoweringIO, Packing } from '../operator.ts';
import { asColumn } from './as-column.ts';
import { geometryValues, resultBytes, sourceBytes } from './cost.ts';
import { packWeights } from './packing.ts';
import { type ConvProblem, convInputs, tapsOf } from './problem.ts';

/** Convolutions of more than one group, C4 to C4; the likely best candidate first. */
export function lowerGrouped(problem: ConvProblem, io: LoweringIO, caps: DeviceCaps): Candidate[] {
  if (problem.sourceLayout !== 'c4' || !io.outputs[0]) return [];
  const p = asColumn(problem);
  return [...lowerDepthwise(p, caps), ...lowerAnyGroups(p, caps)];
}

/** One for each tile, where every group has one input channel; deeper kernels are left out. */
function lowerDepthwise(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  if (p.inChannels !== p.group || p.inDepth !== 1 || p.kernelDepth !== 1 || p.outDepth !== 1) {
    return [];
  }
  const multiplier = p.outChannels / p.group;
  const lanes = caps.software ? depthwiseLanes.software : depthwiseLanes.hardware;
  const shapes = depthwiseShapes.filter((s) => s.lanes === lanes && s.gather === multiplier > 1);
  const fits = (s: DepthwiseShape): boolean =>
    p.dilationY === 1 &&
    p.dilationX === 1 &&
    s.kernelSize === p.kernelHeight &&
    s.kernelSize === p.kernelWidth &&
    s.stride === p.strideY &&
    s.stride === p.strideX;
  const unrolled = shapes.filter(fits);
  const tiles = unrolled.length > 0 ? unrolled : shapes.filter((s) => s.kernelSize === 0);
  return tiles.map((shape) => depthwiseCandidate(p, shape, multiplier, caps));
}

function depthwiseCandidate(
  p: ConvProblem,
  shape: DepthwiseShape,
  multiplier: number,
  caps: DeviceCaps,
): Candidate {
  const { rows, columns, lanes } = shape;
  const outBlocks = channelBlocks(p.outChannels);
  const planes = p.batch * outBlocks;
  const tilesX = Math.ceil(p.outWidth / columns);
  const tiles = Math.ceil(p.outHeight / rows) * tilesX;
  const tileGroups = Math.ceil(tiles / lanes);
  const packing = packPerChannel(p);
  const work = dispatch(
    depthwise,
    { ...shape, element: p.element, activation: p.epilogue.activation?.name ?? 'none' },
    {
      ...geometryValues(p),
      ...{ multiplier, images: p.batch, tiles, tilesX, tileGroups },
      ...epilogueValues(p.epilogue),
    },
    [input(convInputs.source), packed(0), ...epilogueBuffers(p.epilogue, packed(0))],
    foldWorkgroups(planes * tileGroups),
  );
  return {
    algorithm: `depthwise.${rows}x${columns}`,
    dispatches: [work],
    scratch: [],
    packings: [packing],
    cost: {
      macs: planes * tileGroups * lanes * rows * columns * 4 * tapsOf(p),
      bytes: movedBytes(p) + packing.bytes,
      invocations: planes * tiles,
      efficiency: depthwiseEfficiency(shape, caps),
      barriers: false,
    },
  };
}

/**
 * Measured on SwiftShader and lavapipe (0.03 of the ceiling for 2×4, 0.024 for 4×1); on a GPU the
 * loads decide, which neighbours share where a tile has one column.
 */
function depthwiseEfficiency({ kernelSize, columns }: DepthwiseShape, caps: DeviceCaps): number {
  if (kernelSize === 0) return caps.software ? 0.015 : 0.06;
  if (!caps.software) return 0.12;
  return columns === 4 ? 0.03 : columns === 2 ? 0.027 : 0.024;
}

/** Weights `[O, 1, taps…]` as `[⌈O / 4⌉][tap]` of vec4: that is C4 of one image with O channels. */
function packPerChannel(p: ConvProblem): Packing {
  const { element, outChannels } = p;
  const blocks = channelBlocks(outChannels);
  const pixels = tapsOf(p);
  const count = blocks * pixels;
  const word = element === 'f16' ? 'f16' : 'u32';
  const pack = dispatch(
    convertLayout,
    { to: 'c4', word, quad: false },
    { count, channels: outChannels, channelBlocks: blocks, pixels },
    [input(0), output(0)],
    lineWorkgroups(count),
  );
  return {
    input: convInputs.weight,
    key: `depthwise.${element}`,
    bytes: Math.max(count * 4 * elementBytes(element), 16),
    dispatches: count === 0 ? [] : [pack],
  };
}

function lowerAnyGroups(p: ConvProblem, caps: DeviceCaps): Candidate[] {
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
    { ...shape, element: p.element, activation: p.epilogue.activation?.name ?? 'none' },
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

/** Source, residual and result, each once. */
function movedBytes(p: ConvProblem): number {
  return sourceBytes(p) + (p.epilogue.residual ? 2 : 1) * resultBytes(p);
}
