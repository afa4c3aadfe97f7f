/**
 * Operators whose output's size depends on data. What they choose by is constant: of what only a run
 * tells, no shape is known here to go on with.
 */

import type { DataType } from '../../../src/core/dtype.ts';
import { sizeOf } from '../../../src/core/shape.ts';
import type { Draft, Value } from '../draft.ts';
import type { Tape } from '../tape.ts';
import { axisOf, extents, type Family } from './family.ts';

/** Few values, so that they repeat and some are 0. */
function fewValues(draft: Draft, tape: Tape, types: readonly DataType[], leastRank = 0): Value {
  const type = tape.choose(types);
  const rank = Math.max(leastRank, tape.choose([2, 1, 3, 4, 0]));
  const range = type === 'bool' ? ([0, 1] as const) : ([0, 3] as const);
  return draft.filledConstant(type, extents(tape, rank), range);
}

export const selecting: Family = {
  operators: ['NonZero', 'Compress', 'Unique'],
  add(op, draft, tape) {
    if (op === 'NonZero') {
      draft.node(op, [fewValues(draft, tape, ['float32', 'int32', 'bool', 'int64', 'uint8'])]);
      return;
    }
    const types = op === 'Compress' ? (['bool'] as const) : [];
    const x = fewValues(draft, tape, ['float32', 'int64', ...types], op === 'Compress' ? 1 : 0);
    const rank = x.dims.length;
    const axis = rank === 0 || tape.rarely(2) ? undefined : axisOf(tape, rank);
    if (op === 'Compress') {
      const most = axis === undefined ? sizeOf(x.dims) : (x.dims.at(axis) as number);
      // It may be shorter than the axis.
      const length = tape.rarely(3) ? tape.int(0, most) : most;
      draft.node(op, [x, draft.filledConstant('bool', [length], [0, 1])], { axis });
      return;
    }
    const sorted = tape.rarely(2) ? 0 : undefined;
    draft.node(op, [x], { axis, sorted }, tape.choose([1, 4, 2, 3]));
  },
};

export const suppressing: Family = {
  operators: ['NonMaxSuppression'],
  add(op, draft, tape) {
    const [batch, boxCount, classes] = [tape.int(1, 2), tape.int(1, 12), tape.int(1, 3)];
    const isCentre = tape.rarely(3);
    const boxes = draft.filledConstant(
      'float32',
      [batch, boxCount, 4],
      isCentre ? 'positive' : 'unit',
    );
    const scores = draft.filledConstant('float32', [batch, classes, boxCount], 'positive');
    const inputs = [
      draft.scalar(tape.choose([3, 1, 20, 0]), 'int64'),
      draft.scalar(tape.choose([0.5, 0.1, 0, 0.9]), 'float32'),
      tape.rarely(2) ? draft.scalar(1, 'float32') : undefined,
    ];
    draft.node(op, [boxes, scores, ...inputs], { center_point_box: isCentre ? 1 : undefined });
  },
};
