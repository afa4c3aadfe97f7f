/** What candidates of a convolution share: uniform values and bytes moved. */

import type { convUniforms } from '../../../shaders/lib/conv-geometry.ts';
import { c4Elements, channelBlocks } from '../../../shaders/lib/layout.ts';
import { elementBytes } from '../device-tensor.ts';
import { packedBytes } from './packing.ts';
import { type ConvProblem, outPixels } from './problem.ts';

/** Values of `convUniforms`. */
export function geometryValues(p: ConvProblem): {
  readonly [Field in keyof typeof convUniforms]: number;
} {
  const { inChannels, inDepth, inHeight, inWidth, outDepth, outHeight, outWidth } = p;
  const { kernelDepth, kernelHeight, kernelWidth, strideZ, strideY, strideX } = p;
  const { dilationZ, dilationY, dilationX, padFront, padTop, padLeft } = p;
  return {
    ...{ inChannels, inBlocks: channelBlocks(inChannels), inDepth, inHeight, inWidth },
    ...{ outBlocks: channelBlocks(p.outChannels), outDepth, outHeight, outWidth },
    ...{ kernelDepth, kernelHeight, kernelWidth, strideZ, strideY, strideX },
    ...{ dilationZ, dilationY, dilationX, padFront, padTop, padLeft },
  };
}

/** Bytes of input 0 as it is stored. */
export function sourceBytes(p: ConvProblem): number {
  const dims = [p.batch, p.inChannels, p.inDepth, p.inHeight, p.inWidth];
  const elements =
    p.sourceLayout === 'c4' ? c4Elements(dims) : dims.reduce((size, dim) => size * dim, 1);
  return elements * elementBytes(p.element);
}

export function resultBytes(p: ConvProblem): number {
  const dims = [p.batch, p.outChannels, outPixels(p)];
  const elements =
    p.epilogue.store === 'c4' ? c4Elements(dims) : dims.reduce((size, dim) => size * dim, 1);
  return elements * elementBytes(p.element);
}

/** Every tensor read or written once. */
export function convBytes(p: ConvProblem): number {
  return movedBytes(p) + packedBytes(p);
}

/** Source, residual and result, each once. */
export function movedBytes(p: ConvProblem): number {
  return sourceBytes(p) + (p.epilogue.residual ? 2 : 1) * resultBytes(p);
}
