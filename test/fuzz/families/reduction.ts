/** Reductions, the softmax family, and what else runs along axes. */

import type { Draft } from '../draft.ts';
import type { Tape } from '../tape.ts';
import { anyTensor, axisOf, extents, type Family } from './family.ts';

/** Some axes of a tensor, counted from either end. */
function someAxes(tape: Tape, rank: number): number[] {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  return tape.some(all).map((axis) => (tape.rarely(3) ? axis - rank : axis));
}

/** From this opset on the axes are an input. */
const axesInput = (op: string) => (op === 'ReduceSum' ? 13 : 18);

export const reduction: Family = {
  operators: [
    ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceL1', 'ReduceL2'],
    ...['ReduceLogSum', 'ReduceLogSumExp', 'ReduceSumSquare'],
  ],
  add(op, draft, tape) {
    const x =
      op === 'ReduceLogSum' || op === 'ReduceProd'
        ? draft.input('float32', extents(tape, tape.choose([3, 2, 1, 4, 0])), 'positive')
        : anyTensor(draft, tape);
    const axes = someAxes(tape, x.dims.length);
    const keepdims = tape.choose([undefined, 0, 1]);
    const asInput = draft.opset >= axesInput(op);
    const given = axes.length > 0;
    // Without axes: all of them, or none where the flag says so.
    const noop_with_empty_axes = asInput && !given && tape.rarely(3) ? 1 : undefined;
    draft.node(op, [x, asInput && given ? draft.list(axes) : undefined], {
      ...{ keepdims, noop_with_empty_axes },
      axes: !asInput && given ? axes : undefined,
    });
  },
};

export const softmax: Family = {
  operators: ['Softmax', 'LogSoftmax', 'Hardmax'],
  add(op, draft, tape) {
    const x = anyTensor(draft, tape, {
      leastRank: 1,
      fill: tape.choose(['unit', 'wide'] as const),
    });
    draft.node(op, [x], { axis: tape.rarely(3) ? undefined : axisOf(tape, x.dims.length) });
  },
};

export const argument: Family = {
  operators: ['ArgMax', 'ArgMin'],
  add(op, draft, tape) {
    const any = distinctOrTied(draft, tape);
    const axis = tape.rarely(3) ? undefined : axisOf(tape, any.dims.length);
    // Along an empty axis nothing is the greatest: numpy refuses that, and the specification is numpy's.
    const isEmpty = any.dims.at(axis ?? 0) === 0;
    const x = isEmpty ? draft.input('float32', Array(any.dims.length).fill(2)) : any;
    draft.node(op, [x], {
      axis,
      keepdims: tape.choose([undefined, 0]),
      select_last_index: tape.rarely(2) ? 1 : undefined,
    });
  },
};

/** Ties are what an argument of the maximum is wrong at. */
function distinctOrTied(draft: Draft, tape: Tape) {
  return tape.rarely(2)
    ? draft.input('float32', extents(tape, tape.int(1, 4)), [-2, 2])
    : anyTensor(draft, tape, { leastRank: 1 });
}

export const cumulative: Family = {
  operators: ['CumSum'],
  since: { CumSum: 14 },
  add(op, draft, tape) {
    const x = anyTensor(draft, tape, { leastRank: 1 });
    draft.node(op, [x, draft.scalar(axisOf(tape, x.dims.length), 'int64')], {
      exclusive: tape.rarely(2) ? 1 : undefined,
      reverse: tape.rarely(2) ? 1 : undefined,
    });
  },
};

export const triangular: Family = {
  operators: ['Trilu'],
  since: { Trilu: 14 },
  add(op, draft, tape) {
    const x = anyTensor(draft, tape, { leastRank: 2 });
    const k = tape.rarely(2) ? draft.scalar(tape.int(0, 8) - 4, 'int64') : undefined;
    draft.node(op, [x, k], { upper: tape.choose([undefined, 0]) });
  },
};

export const top: Family = {
  operators: ['TopK'],
  add(op, draft, tape) {
    const x = distinctOrTied(draft, tape);
    const axis = axisOf(tape, x.dims.length);
    const size = x.dims.at(axis) ?? 1;
    draft.node(
      op,
      [x, draft.list([tape.int(Math.min(1, size), size)])],
      { axis, largest: tape.choose([undefined, 0]) },
      2,
    );
  },
};
