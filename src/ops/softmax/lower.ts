/** Lowering of the softmax family. */

import { dispatch, foldWorkgroups, input, output, scratch } from '../../../shaders/lib/kernel.ts';
import {
  type SoftmaxFunction,
  type SoftmaxVariant,
  softmaxKernel,
  softmaxStateBytes,
} from '../../../shaders/softmax.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { tensorBytes } from '../device-tensor.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { rowCandidates } from '../reduce/rows.ts';
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
  return rowCandidates(
    {
      name: 'softmax',
      ...{ rows: values === 0 ? 0 : rows, values, dense: inner === 1 },
      ...{ turns: axis / 4, leastTurns: 16, threads: 128 },
      ...{ operations: 2 * expCost, bytes: tensorBytes(x, y), stateBytes: softmaxStateBytes },
      ...{ last: 'split', dispatch: step },
    },
    caps,
  );
}
