/** What lowering pointwise operators shares: uniforms, dispatch sizes, costs. */

import { c4Elements, channelBlocks } from '../../../shaders/lib/layout.ts';
import { bytesPerElement, type DataType, kindOf } from '../../core/dtype.ts';
import { sizeOf } from '../../core/shape.ts';
import { tensorBytes } from '../device-tensor.ts';
import type { Candidate, Cost, DeviceTensor } from '../operator.ts';

/** Bits that WGSL has no constants for. */
export const specialBits = { nanBits: 0x7fc00000, infinityBits: 0x7f800000 };

/** Elements that a buffer holds in its layout, in vec4s. */
export function vec4Count(tensor: DeviceTensor): number {
  const { layout, dims } = tensor;
  return Math.ceil((layout === 'c4' ? c4Elements(dims) : sizeOf(dims)) / 4);
}

/** Shift that wraps a widened integer to its model's type. */
export function wrapShift(type: DataType): number {
  return kindOf(type) === 'int' || kindOf(type) === 'uint' ? 32 - 8 * bytesPerElement(type) : 0;
}

/** Uniforms with which kernels find the channels of a vec4 in C4. */
export function maskUniforms(tensor: DeviceTensor) {
  const [, channels = 1, ...spatial] = tensor.dims;
  return tensor.layout === 'c4'
    ? { channels, channelBlocks: channelBlocks(channels), pixels: sizeOf(spatial) }
    : { channels: 0, channelBlocks: 1, pixels: 1 };
}

/** Whether a tensor in C4 has lanes past its last channel. */
export function hasUnusedLanes(tensor: DeviceTensor): boolean {
  return tensor.layout === 'c4' && (tensor.dims[1] ?? 0) % 4 !== 0;
}

/** Pointwise work is bound by memory. */
export function pointwiseCost(
  tensors: readonly (DeviceTensor | undefined)[],
  invocations: number,
): Cost {
  const bytes = tensorBytes(...tensors);
  return { macs: invocations * 4, bytes, invocations, efficiency: 1, barriers: false };
}

/** The candidate for a result without elements. */
export const nothingToDo: Candidate = {
  algorithm: 'empty',
  dispatches: [],
  scratch: [],
  packings: [],
  cost: { macs: 0, bytes: 0, invocations: 0, efficiency: 1, barriers: false },
};
