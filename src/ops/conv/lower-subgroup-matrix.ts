/**
 * Candidate `conv_subgroup_matrix`: only where the caller asked for Chrome's experimental subgroup
 * matrices, and fetched only there.
 */

import { convSubgroupMatrix, subgroupTile } from '../../../shaders/conv_subgroup_matrix.ts';
import { dispatch, foldWorkgroups, input, packed } from '../../../shaders/lib/kernel.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate } from '../operator.ts';
import { geometryValues } from './cost.ts';
import { productCandidate } from './lower-product.ts';
import { type ConvProblem, convInputs } from './problem.ts';
import { productSizes, splitEnd } from './split.ts';

/** Whether the device multiplies 8×8 matrices of the element, and its subgroups fit the kernel. */
export function hasSubgroupMatrix(p: ConvProblem, caps: DeviceCaps): boolean {
  return caps.subgroupMatrix.includes(p.element) && caps.subgroupSize === subgroupTile.subgroupSize;
}

export function lowerSubgroupMatrix(p: ConvProblem, caps: DeviceCaps): Candidate[] {
  if (!hasSubgroupMatrix(p, caps)) return [];
  if (p.inDepth !== 1 || p.outDepth !== 1 || p.kernelDepth !== 1) return [];
  const { columns, outBlocks, kBlocks } = productSizes(p);
  const { pixels, blocks, subgroupSize } = subgroupTile;
  const columnGroups = Math.ceil(columns / pixels);
  const workgroups = columnGroups * Math.ceil(outBlocks / blocks);
  const { values, variant, buffers } = splitEnd(p, 1, 0);
  const { split: _, ...end } = variant;
  const work = dispatch(
    convSubgroupMatrix,
    { source: p.sourceLayout, ...end },
    {
      ...geometryValues(p),
      ...values,
      columnGroups,
      loadStep: [
        1 % p.kernelWidth,
        p.kernelWidth === 1 ? 1 % p.kernelHeight : 0,
        p.kernelWidth * p.kernelHeight === 1 ? 1 : 0,
        0,
      ],
    },
    [input(convInputs.source), packed(0), ...buffers],
    foldWorkgroups(workgroups),
  );
  return [
    productCandidate('conv_subgroup_matrix', p, {
      name: '',
      dispatches: [work],
      ...{ weights: 'buffer', scratch: [], partialBytes: 0 },
      cost: {
        macs: workgroups * pixels * blocks * 4 * kBlocks * 4,
        invocations: workgroups * subgroupSize,
        // Matrix units multiply faster than the ceiling that plain multiply-adds have.
        efficiency: 0.8,
        barriers: true,
      },
    }),
  ];
}
