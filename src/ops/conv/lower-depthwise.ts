/** Candidates `depthwise`: every group has one input channel. */

import { convertLayout } from '../../../shaders/convert_layout.ts';
import {
  type DepthwiseShape,
  depthwise,
  depthwiseLanes,
  depthwiseShapes,
} from '../../../shaders/depthwise.ts';
import { epilogueBuffers, epilogueValues, epilogueVariant } from '../../../shaders/lib/epilogue.ts';
import { dispatch, foldWorkgroups, input, output, packed } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { elementBytes } from '../device-tensor.ts';
import { lineWorkgroups } from '../movement/candidate.ts';
import type { Candidate, Packing } from '../operator.ts';
import { asColumn } from './as-column.ts';
import { geometryValues, movedBytes } from './cost.ts';
import { type ConvProblem, convInputs, tapsOf } from './problem.ts';

/** One for each tile. */
export function lowerDepthwise(problem: ConvProblem, caps: DeviceCaps): Candidate[] {
  const p = asColumn(problem);
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
    { ...shape, ...epilogueVariant(p.element, p.epilogue) },
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
