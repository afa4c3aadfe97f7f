/**
 * ArgMax and ArgMin: https://onnx.ai/onnx/operators/onnx__ArgMax.html
 *
 * Of equal values the first one counts, or the last with `select_last_index` (opset 12). ONNX says
 * nothing of NaN: as in numpy, which ONNX's reference implementation calls, NaN is the greatest and
 * the least of all values, so that the first NaN (or the last) is the answer of both.
 */

import {
  type ArgReduceVariant,
  argReduce,
  argReduceStateBytes,
  argReduceThreads,
} from '../../../shaders/arg_reduce.ts';
import { dispatch, foldWorkgroups, input, output, scratch } from '../../../shaders/lib/kernel.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, normaliseAxis, sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { tensorBytes } from '../device-tensor.ts';
import { invalidShape } from '../dims.ts';
import { isImage } from '../layouts.ts';
import { type AnyOperator, type Candidate, defineOperator, type LoweringIO } from '../operator.ts';
import { rowCandidates } from '../reduce/rows.ts';
import type { ArgReduceAttributes } from './attributes.ts';

function argOperator(type: string, least: boolean): AnyOperator {
  return defineOperator<ArgReduceAttributes>({
    type,
    arity: { inputs: [1, 1], outputs: [1, 1] },
    attributes: (source, opset) => ({
      axis: source.int('axis', 0),
      keepDims: source.int('keepdims', 1) !== 0,
      last: opset >= 12 && source.int('select_last_index', 0) !== 0,
    }),
    infer([x], { axis: given, keepDims }) {
      if (!x) throw new WgconvError('missing-input', `${type} needs data`);
      const axis = normaliseAxis(given, x.dims.length);
      if (x.dims[axis] === 0) {
        invalidShape(`${type} of ${formatDims(x.dims)}: there is nothing along axis ${axis}`);
      }
      const dims = keepDims
        ? x.dims.map((dim, at) => (at === axis ? 1 : dim))
        : x.dims.filter((_, at) => at !== axis);
      return [{ type: 'int64', dims }];
    },
    accuracy: 'exact',
    traits: {
      indices: { outputs: [0] },
      // A segmentation's classes are channels of an image.
      layouts: ({ inputs: [x], attributes: { axis } }) => [
        ...(isImage(x) && (axis === 1 || axis === -3)
          ? [{ inputs: ['c4' as const], outputs: ['linear' as const] }]
          : []),
        { inputs: ['linear'], outputs: ['linear'] },
      ],
    },
    reference: () => import('./reference.ts').then((m) => m.argReduceReference(least)),
    lower: (io, attributes, caps) => lowerArgReduce(io, attributes, least, caps),
  });
}

export const argOperators: readonly AnyOperator[] = [
  argOperator('ArgMax', false),
  argOperator('ArgMin', true),
];

const ones = 0xffffffff;

function lowerArgReduce(
  io: LoweringIO,
  attributes: ArgReduceAttributes,
  least: boolean,
  caps: DeviceCaps,
): Candidate[] {
  const [x] = io.inputs;
  const [y] = io.outputs;
  if (!x || !y) return [];
  const along = normaliseAxis(attributes.axis, x.dims.length);
  const axis = x.dims[along] ?? 1;
  const inner = sizeOf(x.dims.slice(along + 1));
  const rows = sizeOf(y.dims);
  const values = rows * axis;
  const { element, layout } = x;
  const step = (method: ArgReduceVariant['method'], parts: number) =>
    dispatch(
      argReduce,
      { element, layout, method },
      {
        ...{ rows, axis, inner, parts },
        flipKeys: least ? ones : 0,
        flipPlaces: attributes.last ? 0 : ones,
      },
      {
        serial: [input(0), output(0)],
        workgroup: [input(0), output(0)],
        partial: [input(0), scratch(0)],
        final: [scratch(0), output(0)],
      }[method],
      foldWorkgroups(
        method === 'workgroup'
          ? rows
          : Math.ceil((rows * (method === 'partial' ? parts : 1)) / argReduceThreads),
      ),
    );
  return rowCandidates(
    {
      name: 'arg',
      ...{ rows, values, dense: inner === 1 },
      ...{ turns: axis, leastTurns: 64, threads: argReduceThreads },
      ...{ operations: 4, bytes: tensorBytes(x, y), stateBytes: argReduceStateBytes },
      ...{ last: 'final', dispatch: step },
    },
    caps,
  );
}
