/** Weights as 4×4 blocks: one packing for all kernels. */

import type { FloatElement } from '../../../shaders/lib/epilogue.ts';
import {
  type BufferRole,
  dispatch,
  foldWorkgroups,
  input,
  output,
  packed,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import {
  mostTextureBytes,
  type WeightStorage,
  weightFormats,
} from '../../../shaders/lib/weights.ts';
import { packConv } from '../../../shaders/pack_conv.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Packing } from '../operator.ts';
import { type ConvProblem, convInputs, tapsOf } from './problem.ts';

/** Bytes of the packed weights. */
export function packedBytes(problem: ConvProblem): number {
  const blocks = channelBlocks(problem.outChannels) * channelBlocks(problem.inChannels);
  return blocks * tapsOf(problem) * 16 * elementBytes(problem.element);
}

/** Where packed weights of so many bytes lie best, for kernels that can have both. */
export function weightStorage(
  { constantWeight }: ConvProblem,
  bytes: number,
  caps: DeviceCaps,
): WeightStorage {
  const fits = bytes <= mostTextureBytes;
  return caps.software && constantWeight && fits ? 'texture' : 'buffer';
}

/** The packing, kept in a texture where that is the storage. */
export function stored(packing: Packing, element: FloatElement, storage: WeightStorage): Packing {
  if (storage === 'buffer') return packing;
  return { ...packing, key: `${packing.key}.texture`, texture: weightFormats[element] };
}

/** Where the weight of an output and an input channel lies in the raw tensor, in elements. */
interface RawStrides {
  readonly outStride: number;
  readonly groupStride: number;
  readonly inStride: number;
  readonly outPerGroup: number;
}

/** `[O, I, taps…]`; of grouped weights, `inChannels` are those of one group. */
export function packWeights(problem: ConvProblem): Packing {
  const { outChannels, inChannels } = problem;
  const taps = tapsOf(problem);
  return pack(problem, 'conv', {
    outStride: inChannels * taps,
    groupStride: 0,
    inStride: taps,
    outPerGroup: outChannels,
  });
}

/** The packed weights in this storage, and what a dispatch binds `unusedBeside` them. */
export function weightPackings(problem: ConvProblem, storage: WeightStorage): Packing[] {
  const weights = stored(packWeights(problem), problem.element, storage);
  return storage === 'texture' ? [weights, nothing] : [weights];
}

/** A buffer that is only read, for steps that an epilogue lacks: a texture cannot stand in. */
export function unusedBeside(storage: WeightStorage): BufferRole {
  return packed(storage === 'texture' ? 1 : 0);
}

const nothing: Packing = {
  made: { type: 'float32', dims: [4], bytes: new Uint8Array(16) },
  key: 'nothing',
  bytes: 16,
  dispatches: [],
};

/** `[C, O / group, taps…]`, of ConvTranspose; `inChannels` are those of one group. */
export function packTransposedWeights(problem: ConvProblem): Packing {
  const outPerGroup = problem.outChannels / problem.group;
  const outStride = tapsOf(problem);
  const inStride = outPerGroup * outStride;
  const groupStride = problem.inChannels * inStride;
  return pack(problem, `conv_transpose.${problem.group}`, {
    outStride,
    groupStride,
    inStride,
    outPerGroup,
  });
}

function pack(problem: ConvProblem, name: string, strides: RawStrides): Packing {
  const { element, outChannels, inChannels } = problem;
  const taps = tapsOf(problem);
  const bytes = packedBytes(problem);
  const vectors = bytes / (4 * elementBytes(element));
  const work = dispatch(
    packConv,
    { element },
    { outChannels, inChannels, taps, vectors, ...strides },
    [input(0), output(0)],
    foldWorkgroups(Math.ceil(vectors / 64)),
  );
  return {
    input: convInputs.weight,
    key: `${name}.${element}`,
    bytes: Math.max(bytes, 16),
    dispatches: vectors === 0 ? [] : [work],
  };
}
