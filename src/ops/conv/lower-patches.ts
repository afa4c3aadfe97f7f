/** Candidates by the patch matrix: `im2col_gemm` writes it, `conv_implicit_gemm` gathers it. */

import { convImplicitGemm } from '../../../shaders/conv_implicit_gemm.ts';
import { im2col } from '../../../shaders/im2col.ts';
import { dispatch, foldWorkgroups, input, packed, scratch } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { loadStep, productTiles, tileThreads } from '../../../shaders/lib/product-tile.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Candidate } from '../operator.ts';
import { geometryValues, sourceBytes } from './cost.ts';
import { efficiency, fittingTiles, productCandidate, products } from './lower-product.ts';
import { type ConvProblem, convInputs } from './problem.ts';
import { productSizes, sliceCounts, splitEnd } from './split.ts';

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
  return products(p, scratch(0), 'c4', 1, caps).map((product) =>
    productCandidate(`im2col_gemm.${product.name}`, p, {
      ...product,
      dispatches: [write, ...product.dispatches],
      scratch: [bytes, ...product.scratch],
      cost: { ...product.cost, serialBytes: sourceBytes(p) + bytes },
    }),
  );
}

/** The patch matrix gathered on the fly, into workgroup memory. */
function lowerImplicit(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  if (p.inDepth !== 1 || p.outDepth !== 1 || p.kernelDepth !== 1) return [];
  const { columns, outBlocks, kBlocks } = productSizes(p);
  return fittingTiles(caps).flatMap((tile) => {
    const { pixels, blocks } = productTiles[tile];
    const threads = tileThreads(productTiles[tile]);
    const columnGroups = Math.ceil(columns / pixels);
    const workgroups = columnGroups * Math.ceil(outBlocks / blocks);
    const step = loadStep(productTiles[tile]);
    const rows = Math.floor(step / p.kernelWidth);
    const steps = [step % p.kernelWidth, rows % p.kernelHeight] as const;
    return sliceCounts(kBlocks, workgroups * threads, caps).map((count) => {
      const { values, ...end } = splitEnd(p, count, 0);
      const work = dispatch(
        convImplicitGemm,
        { source: p.sourceLayout, tile, ...end.variant },
        {
          ...geometryValues(p),
          ...values,
          columnGroups,
          loadStep: [...steps, Math.floor(rows / p.kernelHeight), 0],
        },
        [input(convInputs.source), packed(0), ...end.buffers],
        foldWorkgroups(workgroups * values.slices),
      );
      return productCandidate(`conv_implicit_gemm.${tile}${end.suffix}`, p, {
        name: tile,
        weights: 'buffer',
        dispatches: [work, ...end.dispatches],
        scratch: end.scratch,
        partialBytes: end.partialBytes,
        cost: {
          macs: workgroups * pixels * blocks * 4 * kBlocks * 4,
          invocations: workgroups * threads * values.slices,
          efficiency: efficiency(tile, caps) * 0.9,
          barriers: true,
        },
      });
    });
  });
}
