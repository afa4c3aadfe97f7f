/** Lowering of the softmax family. */

import { dispatch, foldWorkgroups, input, output, scratch } from '../../../shaders/lib/kernel.ts';
import {
  type SoftmaxFunction,
  type SoftmaxVariant,
  softmaxKernel,
  softmaxStateBytes,
} from '../../../shaders/softmax.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate, Cost, LoweringIO } from '../operator.ts';
import {
  busyInvocations,
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
  const vectors = name !== 'hardmax' && inner === 1 && axis % 4 === 0;
  const step = (method: SoftmaxVariant['method'], parts: number) =>
    dispatch(
      softmaxKernel,
      {
        function: method === 'partial' && name === 'logSoftmax' ? 'softmax' : name,
        ...{ element, method, vectors },
      },
      { rows, axis, inner, parts },
      method === 'partial'
        ? [input(0), scratch(0)]
        : [input(0), ...(method === 'split' ? [scratch(0)] : []), output(0)],
      foldWorkgroups(method === 'workgroup' ? rows : Math.ceil((rows * parts) / 64)),
    );
  const cost = (fields: Partial<Cost>): Cost => ({
    macs: 2 * expCost * values,
    bytes: tensorBytes(x, y),
    invocations: busyInvocations(rows, caps),
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
  if (values === 0 || axis < 64) return candidates;
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
  const parts = splitParts(axis / 4, rows, caps);
  if (parts > 1) {
    candidates.push({
      ...plain,
      algorithm: 'softmax_split',
      dispatches: [step('partial', parts), step('split', parts)],
      scratch: [Math.ceil((rows * parts * softmaxStateBytes) / 16) * 16],
      cost: cost({
        macs: 2 * expCost * (values + rows * parts * parts),
        invocations: busyInvocations(rows * parts, caps),
        efficiency: caps.software ? 0.25 : 0.2,
      }),
    });
  }
  return candidates;
}
