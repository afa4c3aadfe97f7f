/** Weights of group 1 as 4×4 blocks: one packing for all kernels. */

import { dispatch, foldWorkgroups, input, output } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { packConv } from '../../../shaders/pack_conv.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Packing } from '../operator.ts';
import { type ConvProblem, convInputs, tapsOf } from './problem.ts';

/** Bytes of the packed weights. */
export function packedBytes(problem: ConvProblem): number {
  const blocks = channelBlocks(problem.outChannels) * channelBlocks(problem.inChannels);
  return blocks * tapsOf(problem) * 16 * elementBytes(problem.element);
}

export function packWeights(problem: ConvProblem): Packing {
  const { element, outChannels, inChannels } = problem;
  const taps = tapsOf(problem);
  const bytes = packedBytes(problem);
  const vectors = bytes / (4 * elementBytes(element));
  const pack = dispatch(
    packConv,
    { element },
    { outChannels, inChannels, taps, vectors },
    [input(0), output(0)],
    foldWorkgroups(Math.ceil(vectors / 64)),
  );
  return {
    input: convInputs.weight,
    key: `conv.${element}`,
    bytes: Math.max(bytes, 16),
    dispatches: vectors === 0 ? [] : [pack],
  };
}
