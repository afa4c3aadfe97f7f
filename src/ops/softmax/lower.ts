/** Lowering of the softmax family. */

import { dispatch, foldWorkgroups, input, output, scratch } from '../../../shaders/lib/kernel.ts';
import {
  type SoftmaxFunction,
  type SoftmaxVariant,
  softmaxKernel,
} from '../../../shaders/softmax.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate, Cost, LoweringIO } from '../operator.ts';
import {
  identityBits,
  partialBytes,
  reduceDispatch,
  reductionProblem,
  rowEfficiency,
  splitParts,
  tensorBytes,
  treeOperations,
} from '../reduce/lower.ts';
import { type SoftmaxAttributes, softmaxSizes } from './sizes.ts';

/** Operations of one exp, as the cost model counts multiply-adds. */
const expCost = 8;

export function lowerSoftmax(
  io: LoweringIO,
  name: SoftmaxFunction,
  attributes: SoftmaxAttributes,
  caps: DeviceCaps,
): Candidate[] {
  const [x] = io.inputs;
  const [y] = io.outputs;
  if (!x || !y) return [];
  const { element } = x;
  if (element !== 'f32' && element !== 'f16') return [];
  const { outer, axis, inner } = softmaxSizes(x.dims, attributes);
  const rows = outer * inner;
  const values = rows * axis;
  const step = (method: SoftmaxVariant['method'], parts: number) =>
    dispatch(
      softmaxKernel,
      { function: name, element, method },
      { rows, axis, inner, parts, identity: identityBits('logSumExp', x.type) },
      [input(0), ...(method === 'split' ? [scratch(0)] : []), output(0)],
      foldWorkgroups(method === 'workgroup' ? rows : Math.ceil((rows * parts) / 64)),
    );
  const cost = (fields: Partial<Cost>): Cost => ({
    macs: 2 * expCost * values,
    bytes: tensorBytes(x, y),
    invocations: rows,
    efficiency: rowEfficiency(inner === 1, caps),
    barriers: false,
    ...fields,
  });
  const plain = { packings: [], scratch: [] };
  const candidates: Candidate[] = [
    {
      ...plain,
      algorithm: 'softmax_serial',
      dispatches: values === 0 ? [] : [step('serial', 1)],
      cost: cost({}),
    },
  ];
  if (values === 0 || name === 'hardmax' || axis < 64) return candidates;
  candidates.push({
    ...plain,
    algorithm: 'softmax_workgroup',
    dispatches: [step('workgroup', 1)],
    cost: cost({
      macs: 2 * expCost * values + rows * treeOperations(128, caps),
      invocations: rows * (caps.software ? 4 : 128),
      efficiency: inner === 1 ? 0.2 : 0.05,
      barriers: true,
    }),
  });
  const parts = splitParts(axis, rows, caps);
  if (parts > 1) {
    const shape = { ...x, dims: [outer, axis, inner] };
    const problem = reductionProblem('logSumExp', shape, [1], 'linear');
    candidates.push({
      ...plain,
      algorithm: 'softmax_split',
      dispatches: [
        reduceDispatch(problem, 'partial', [input(0), scratch(0)], parts),
        step('split', parts),
      ],
      scratch: [partialBytes(problem, parts)],
      cost: cost({
        macs: 2 * expCost * values + rows * parts * parts * expCost,
        invocations: rows * parts,
        efficiency: 0.2,
      }),
    });
  }
  return candidates;
}
