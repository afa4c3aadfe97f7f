/** Candidates by the patch matrix: `im2col_gemm` writes it, `conv_implicit_gemm` gathers it. */

import { convImplicitGemm } from '../../../shaders/conv_implicit_gemm.ts';
import { im2col } from '../../../shaders/im2col.ts';
import { epilogueBuffers, epilogueValues } from '../../../shaders/lib/epilogue.ts';
import { dispatch, foldWorkgroups, input, packed, scratch } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { loadStep, productTiles, tileThreads } from '../../../shaders/lib/product-tile.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Candidate } from '../operator.ts';
import { convBytes, geometryValues, sourceBytes } from './cost.ts';
import { efficiency, fittingTiles, gemmTiles, product, productSizes } from './lower-product.ts';
import { packWeights } from './packing.ts';
import { type ConvProblem, convInputs } from './problem.ts';

export function lowerPatches(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  return [...lowerImplicit(p, caps), ...lowerIm2col(p, caps)];
}

/** Writes the patch matrix, then multiplies: pays where workgroups are few. */
function lowerIm2col(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  const { kBlocks, columns, pixels } = productSizes(p);
  const bytes = kBlocks * columns * 4 * elementBytes(p.element);
  const count = p.batch * channelBlocks(p.inChannels) * pixels;
  if (count === 0) return [];
  if (bytes > Math.min(caps.limits.storageBindingBytes, caps.limits.bufferBytes)) return [];
  const write = dispatch(
    im2col,
    { source: p.sourceLayout, element: p.element },
    { ...geometryValues(p), count },
    [input(convInputs.source), scratch(0)],
    foldWorkgroups(Math.ceil(count / 64)),
  );
  return gemmTiles(p, caps).map((tile) => {
    const { dispatch, cost } = product(p, scratch(0), tile, caps);
    return {
      algorithm: `im2col_gemm.${tile}`,
      dispatches: [write, dispatch],
      scratch: [bytes],
      packings: [packWeights(p)],
      cost: { ...cost, bytes: convBytes(p) + bytes, serialBytes: sourceBytes(p) + bytes },
    };
  });
}

/** The patch matrix gathered on the fly, into workgroup memory. */
function lowerImplicit(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  if (p.inDepth !== 1 || p.outDepth !== 1 || p.kernelDepth !== 1) return [];
  const sizes = productSizes(p);
  return fittingTiles(caps).map((name) => {
    const tile = productTiles[name];
    const columnGroups = Math.ceil(sizes.columns / tile.pixels);
    const workgroups = columnGroups * Math.ceil(sizes.outBlocks / tile.blocks);
    const step = loadStep(tile);
    const rows = Math.floor(step / p.kernelWidth);
    const steps = [step % p.kernelWidth, rows % p.kernelHeight] as const;
    return {
      algorithm: `conv_implicit_gemm.${name}`,
      dispatches: [
        dispatch(
          convImplicitGemm,
          {
            source: p.sourceLayout,
            tile: name,
            element: p.element,
            activation: p.epilogue.activation?.name ?? 'none',
          },
          {
            ...geometryValues(p),
            ...sizes,
            columnGroups,
            loadStep: [...steps, Math.floor(rows / p.kernelHeight), 0],
            ...epilogueValues(p.epilogue),
          },
          [input(convInputs.source), packed(0), ...epilogueBuffers(p.epilogue, packed(0))],
          foldWorkgroups(workgroups),
        ),
      ],
      scratch: [],
      packings: [packWeights(p)],
      cost: {
        macs: workgroups * tile.pixels * tile.blocks * 4 * sizes.kBlocks * 4,
        bytes: convBytes(p),
        invocations: workgroups * tileThreads(tile),
        efficiency: efficiency(name, caps) * 0.9,
        barriers: true,
      },
    };
  });
}
