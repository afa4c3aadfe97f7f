/** Candidates `depthwise`: every group has one input channel, or it has four and as many outputs. */

import { convertLayout } from '../../../shaders/convert_layout.ts';
import {
  type DepthwiseShape,
  depthwise,
  depthwiseLanes,
  depthwiseShapes,
  rowsUnderWay,
} from '../../../shaders/depthwise.ts';
import { epilogueBuffers, epilogueValues, epilogueVariant } from '../../../shaders/lib/epilogue.ts';
import { dispatch, foldWorkgroups, input, output, packed } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Candidate, Packing } from '../operator.ts';
import { geometryValues, movedBytes } from './cost.ts';
import { packWeights } from './packing.ts';
import { type ConvProblem, convInputs, isInFours, tapsOf } from './problem.ts';

/** One for each width of strips. */
export function lowerDepthwise(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  const { store, residual } = p.epilogue;
  const lanes = caps.software ? depthwiseLanes.software : depthwiseLanes.hardware;
  const multiplied = store === 'c4' && p.outChannels > p.group;
  const reads = isInFours(p) ? 'block' : multiplied ? 'gather' : 'own';
  const shapes = depthwiseShapes(store).filter(
    (s) => s.lanes === lanes && s.residual === (residual !== undefined) && s.reads === reads,
  );
  const hasPairs =
    store === 'linear' && reads === 'own' && p.inWidth % 2 === 0 && p.dilationX === 1;
  const pairs = hasPairs && p.strideX === 2 ? (p.padLeft % 2 === 0 ? 'even' : 'odd') : 'none';
  const unrolled = shapes.filter(
    (s) =>
      s.pairs === pairs &&
      s.kernelSize === p.kernelHeight &&
      s.kernelSize === p.kernelWidth &&
      s.stride === p.strideY &&
      s.stride === p.strideX,
  );
  const fits = unrolled.length > 0 ? unrolled : shapes.filter((s) => s.kernelSize === 0);
  return fits.map((shape) => depthwiseCandidate(p, shape, caps));
}

/** Strips that keep the cores of a software adapter busy, eight of them in a vector. */
const softwareStrips = 256;

function depthwiseCandidate(p: ConvProblem, shape: DepthwiseShape, caps: DeviceCaps): Candidate {
  const { columns, kernelSize, reads, lanes } = shape;
  const inBlocks = p.epilogue.store === 'c4' || reads === 'block';
  const outPlanes = inBlocks ? channelBlocks(p.outChannels) : p.outChannels;
  const planes = p.batch * outPlanes;
  const spreadY = kernelSize === 0 ? 1 : p.dilationY;
  const spreadX = kernelSize === 0 ? 1 : p.dilationX;
  const stripsX = spreadX * Math.ceil(Math.ceil(p.outWidth / spreadX) / columns);
  // Strips as long as leaves the device full: a long one loads least.
  const fullRows = Math.ceil(p.outHeight / spreadY);
  const wanted = caps.software ? softwareStrips : caps.ceiling.parallelism;
  const cuts = Math.min(fullRows, Math.ceil(wanted / Math.max(planes * stripsX * spreadY, 1)));
  const rows = kernelSize === 0 ? 1 : Math.ceil(fullRows / Math.max(cuts, 1));
  const stripsY = spreadY * Math.ceil(fullRows / Math.max(rows, 1));
  const strips = planes * stripsY * stripsX;
  const packing =
    reads === 'block'
      ? packWeights({ ...p, inChannels: 4 })
      : inBlocks
        ? packPerChannel(p)
        : undefined;
  const weights = packing ? packed(0) : input(convInputs.weight);
  const work = dispatch(
    depthwise,
    { ...shape, ...epilogueVariant(p.element, p.epilogue) },
    {
      ...geometryValues(p),
      multiplier: reads === 'block' ? 1 : p.outChannels / p.group,
      inPlanes: inBlocks ? channelBlocks(p.inChannels) : p.inChannels,
      ...{ outPlanes, spreadY, spreadX, rows, strips, stripsY, stripsX },
      ...epilogueValues(p.epilogue),
    },
    [input(convInputs.source), weights, ...epilogueBuffers(p.epilogue, weights)],
    foldWorkgroups(Math.ceil(strips / lanes)),
  );
  const turns = rows + rowsUnderWay(shape) - 1;
  return {
    algorithm: `${reads === 'block' ? 'grouped_strips' : 'depthwise'}.${columns}`,
    dispatches: [work],
    scratch: [],
    packings: packing ? [packing] : [],
    cost: {
      macs: strips * turns * columns * (reads === 'block' ? 16 : inBlocks ? 4 : 1) * tapsOf(p),
      bytes: movedBytes(p) + (packing?.bytes ?? 0),
      invocations: strips,
      efficiency: depthwiseEfficiency(shape, caps),
      barriers: false,
    },
  };
}

/**
 * Software: measured on lavapipe (SwiftShader has twice that); loads decide. On a GPU neighbours
 * share what they load where strips have one column.
 */
function depthwiseEfficiency(shape: DepthwiseShape, caps: DeviceCaps): number {
  const { kernelSize, columns, reads } = shape;
  if (reads === 'block') return caps.software && kernelSize > 0 ? 0.4 : 0.1;
  if (!caps.software) return kernelSize === 0 ? 0.06 : columns === 1 ? 0.12 : 0.1;
  return kernelSize === 0 ? 0.03 : kernelSize === 3 ? 0.15 : 0.2;
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
