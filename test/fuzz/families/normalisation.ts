/** Normalisations. */

import { anyTensor, axisOf, divisors, type Family, image } from './family.ts';

const small = { float: 1e-5 };

export const normalisation: Family = {
  operators: [
    ...['BatchNormalization', 'InstanceNormalization', 'GroupNormalization', 'LRN'],
    ...['LayerNormalization', 'RMSNormalization', 'LpNormalization', 'MeanVarianceNormalization'],
  ],
  since: {
    ...{ BatchNormalization: 14, LayerNormalization: 17, GroupNormalization: 21 },
    ...{ RMSNormalization: 23, LpNormalization: 22 },
  },
  add(op, draft, tape) {
    const vector = (size: number, fill: 'unit' | 'positive') =>
      draft.weight(tape, 'float32', [size], fill);
    if (['BatchNormalization', 'InstanceNormalization', 'GroupNormalization'].includes(op)) {
      const x = image(draft, tape, tape.choose([2, 1, 3]));
      const channels = x.dims[1] as number;
      const affine = [vector(channels, 'positive'), vector(channels, 'unit')];
      const epsilon = tape.rarely(2) ? { float: 1e-3 } : undefined;
      if (op === 'BatchNormalization') {
        const moments = [vector(channels, 'unit'), vector(channels, 'positive')];
        draft.node(op, [x, ...affine, ...moments], { epsilon });
      } else if (op === 'InstanceNormalization') draft.node(op, [x, ...affine], { epsilon });
      else {
        const num_groups = tape.choose(divisors(channels));
        draft.node(op, [x, ...affine], { epsilon, num_groups });
      }
    } else if (op === 'LRN') {
      const x = image(draft, tape, tape.choose([2, 2, 1, 3]));
      draft.node(op, [x], {
        size: tape.choose([3, 5, 1, 4, 2]),
        alpha: tape.rarely(2) ? { float: 0.25 } : undefined,
        beta: tape.rarely(2) ? { float: 0.5 } : undefined,
        bias: tape.rarely(2) ? { float: 2 } : undefined,
      });
    } else if (op === 'LayerNormalization' || op === 'RMSNormalization') {
      const x = anyTensor(draft, tape, { leastRank: 1 });
      const axis = axisOf(tape, x.dims.length);
      const from = axis < 0 ? axis + x.dims.length : axis;
      const inner = x.dims.slice(from);
      const scale = draft.weight(tape, 'float32', inner, 'positive');
      const bias =
        op === 'LayerNormalization' && tape.rarely(2)
          ? draft.weight(tape, 'float32', inner)
          : undefined;
      draft.node(op, [x, scale, bias], { axis, epsilon: tape.rarely(2) ? small : undefined });
    } else if (op === 'LpNormalization') {
      const x = anyTensor(draft, tape, { leastRank: 1 });
      draft.node(op, [x], { axis: axisOf(tape, x.dims.length), p: tape.choose([2, 1]) });
    } else {
      const x = image(draft, tape, 2);
      const axes = tape.rarely(2) ? [tape.int(0, 1), 2, 3] : undefined;
      draft.node(op, [x], { axes });
    }
  },
};
