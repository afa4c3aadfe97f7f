/**
 * CumSum: running sums along an axis, which is an input and must be known before a run.
 * https://onnx.ai/onnx/operators/onnx__CumSum.html
 */

import { type CumSumVariant, cumSum as cumSumKernel } from '../../../shaders/cumsum.ts';
import { dispatch, foldWorkgroups, input, output, scratch } from '../../../shaders/lib/kernel.ts';
import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { normaliseAxis, sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { align16, tensorBytes } from '../device-tensor.ts';
import { integersAt, invalidShape } from '../dims.ts';
import { type Candidate, type Cost, defineOperator, type LoweringIO } from '../operator.ts';
import { busyInvocations, rowEfficiency, splitParts } from '../reduce/rows.ts';
import type { CumSumAttributes } from './attributes.ts';

export const cumSum = defineOperator<CumSumAttributes>({
  type: 'CumSum',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: (source) => ({
    exclusive: source.int('exclusive', 0) !== 0,
    reverse: source.int('reverse', 0) !== 0,
  }),
  infer([x, axis], _attributes, known) {
    if (!x || !axis) throw new WgconvError('missing-input', 'CumSum needs x and an axis');
    const axes = integersAt(known, 1);
    if (axes) {
      if (axes.length !== 1) invalidShape(`CumSum takes one axis, not ${axes.length}`);
      normaliseAxis(axes[0] as number, x.dims.length);
    }
    return [x];
  },
  accuracy: (_attributes, [y]) => (y && isFloat(y.type) ? 'sum' : 'exact'),
  traits: { hostInputs: [1] },
  reference: () => import('./reference.ts').then((m) => m.cumSumReference),
  lower: lowerCumSum,
});

function lowerCumSum(
  io: LoweringIO,
  { exclusive, reverse }: CumSumAttributes,
  caps: DeviceCaps,
): Candidate[] {
  const [x] = io.inputs;
  const [along] = integersAt(io.constant, 1) ?? [];
  if (!x || along === undefined) return [];
  const at = normaliseAxis(along, x.dims.length);
  const axis = x.dims[at] ?? 1;
  const inner = sizeOf(x.dims.slice(at + 1));
  const rows = sizeOf(x.dims.slice(0, at)) * inner;
  const values = rows * axis;
  const step = (method: CumSumVariant['method'], parts: number) =>
    dispatch(
      cumSumKernel,
      { element: x.element, method },
      { rows, axis, inner, parts, reverse: reverse ? 1 : 0, exclusive: exclusive ? 1 : 0 },
      {
        serial: [input(0), output(0)],
        partial: [input(0), scratch(0)],
        split: [input(0), scratch(0), output(0)],
      }[method],
      foldWorkgroups(Math.ceil((rows * parts) / 64)),
    );
  const cost = (fields: Partial<Cost>): Cost => ({
    macs: 2 * values,
    bytes: tensorBytes(x, ...io.outputs),
    invocations: busyInvocations(rows, caps),
    efficiency: rowEfficiency(inner === 1, caps),
    barriers: false,
    ...fields,
  });
  const candidates: Candidate[] = [
    {
      algorithm: 'cumsum_serial',
      dispatches: values === 0 ? [] : [step('serial', 1)],
      ...{ packings: [], scratch: [] },
      cost: cost({}),
    },
  ];
  const parts = values === 0 ? 1 : splitParts(axis, rows, caps);
  if (axis >= 64 && parts > 1) {
    candidates.push({
      algorithm: 'cumsum_split',
      dispatches: [step('partial', parts), step('split', parts)],
      packings: [],
      scratch: [align16(rows * parts * 4)],
      cost: cost({
        macs: 3 * values + rows * parts * parts,
        invocations: busyInvocations(rows * parts, caps),
      }),
    });
  }
  return candidates;
}
