/**
 * TopK: the k greatest or least elements along an axis, and their indices.
 *
 * Of equal elements the one with the lower index goes first; `sorted = 0` leaves the order open, and
 * it is sorted all the same. ONNX does not say where NaN goes: here it counts as greater than every
 * number, as numpy and PyTorch sort it.
 */

import { gather } from '../../../shaders/gather.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  input,
  output,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups, wordOf } from '../../../shaders/lib/words.ts';
import { longestCounted, topK as topKKernel } from '../../../shaders/top_k.ts';
import { WgconvError } from '../../core/errors.ts';
import { type Dim, normaliseAxis, sizeOf, stridesOf } from '../../core/shape.ts';
import { align16, elementBytes } from '../device-tensor.ts';
import { integersAt, invalidShape } from '../dims.ts';
import { frameOf } from '../indexed/frame.ts';
import { movement } from '../movement/candidate.ts';
import { type Candidate, defineOperator, type LoweringIO } from '../operator.ts';
import type { TopKAttributes } from './attributes.ts';

export const topK = defineOperator<TopKAttributes>({
  type: 'TopK',
  arity: { inputs: [1, 2], outputs: [1, 2] },
  attributes(source, opset) {
    source.has('sorted');
    return {
      axis: source.int('axis', -1),
      largest: source.int('largest', 1) !== 0,
      ...(opset < 10 && { k: source.int('k') }),
    };
  },
  infer([x, count], attributes, known) {
    if (!x) return [];
    if (!count && attributes.k === undefined) {
      throw new WgconvError('invalid-model', 'TopK needs K, the number of elements that it gives');
    }
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    const given = integersAt(known, 1);
    if (given && given.length !== 1)
      invalidShape(`K of TopK must be one number, not ${given.length}`);
    const k: Dim = attributes.k ?? given?.[0] ?? 'k';
    const size = x.dims[axis] as Dim;
    if (typeof k === 'number' && (k < 0 || (typeof size === 'number' && k > size))) {
      invalidShape(`k is ${k}, but the axis has ${size} elements`, { k, size });
    }
    const dims = x.dims.map((dim, at) => (at === axis ? k : dim));
    return [
      { type: x.type, dims },
      { type: 'int64', dims },
    ];
  },
  accuracy: 'exact',
  traits: { hostInputs: [1], indices: { outputs: [1] } },
  reference: () => import('./reference.ts').then((m) => m.topKReference),
  lower,
});

/** Elements of which `run` make a run, of each of which (or pair of which) `kept` go on. */
const lengthAfter = (length: number, run: number, kept: number) =>
  Math.floor(length / run) * kept + Math.min(kept, length % run);

/** Runs of rows that are merged are shorter than rows that are ordered by counting alone. */
const mergedRun = 256;

function lower(
  { inputs: [x], outputs }: LoweringIO,
  { axis: attribute, largest }: TopKAttributes,
): readonly Candidate[] {
  const [values] = outputs;
  if (!x || !values) return [];
  const axis = normaliseAxis(attribute, x.dims.length);
  const size = x.dims[axis] as number;
  const k = values.dims[axis] as number;
  const inner = sizeOf(x.dims.slice(axis + 1));
  const rows = sizeOf(x.dims) / size;
  const dispatches: Dispatch[] = [];
  const lists: number[] = [];
  // Two lists, in turns; the last one is the output.
  const listOf = (step: number): BufferRole => scratch(step % 2);
  let length = size;
  let run = size <= longestCounted ? size : mergedRun;
  let turns = 0;
  for (let step: 'count' | 'merge' = 'count'; turns === 0 || length > run; step = 'merge') {
    // A pair of runs that are merged is one run of twice the length.
    const whole = step === 'merge' ? run * 2 : run;
    const kept = Math.min(k, whole);
    const resultLength = lengthAfter(length, whole, kept);
    const isLast = resultLength <= kept;
    const to = isLast && outputs.length > 1 ? output(1) : listOf(turns);
    const count = rows * length;
    dispatches.push(
      dispatch(
        topKKernel,
        { step, element: x.element },
        {
          count,
          inner,
          axis: size,
          length,
          resultLength,
          run,
          kept,
          flip: largest ? 0 : 2 ** 32 - 1,
        },
        step === 'merge' ? [input(0), to, listOf(turns - 1)] : [input(0), to],
        lineWorkgroups(count),
      ),
    );
    lists.push(rows * resultLength * 4);
    length = resultLength;
    run = kept;
    turns++;
  }
  const [own, theirs] = [stridesOf(x.dims), stridesOf(values.dims)];
  const frame = frameOf(
    values.dims.map((dim, at) => ({
      size: dim,
      tuple: theirs[at] as number,
      fixed: at === axis ? 0 : (own[at] as number),
      update: 0,
    })),
    [{ size, stride: inner }],
  );
  if (!frame) return [];
  dispatches.push(
    dispatch(
      gather,
      { word: wordOf(elementBytes(x.element)) },
      frame,
      [input(0), output(0), outputs.length > 1 ? output(1) : listOf(turns - 1)],
      lineWorkgroups(frame.count),
    ),
  );
  const candidate = movement('top_k', dispatches, outputs);
  const compared = rows * size * (size <= longestCounted ? size : mergedRun);
  return [
    {
      ...candidate,
      scratch: [0, 1].map((parity) =>
        align16(Math.max(0, ...lists.filter((_, step) => step % 2 === parity))),
      ),
      cost: { ...candidate.cost, macs: compared, invocations: rows * size, efficiency: 0.25 },
    },
  ];
}
