/** Operators that make tensors from few numbers, and products named by letters. */

import type { DataType } from '../../../src/core/dtype.ts';
import { anyTensor, axisOf, extents, type Family } from './family.ts';

const numberOf: Partial<Record<DataType, number>> = { float32: 1, int32: 6, int64: 7 };

export const making: Family = {
  operators: ['OneHot', 'ConstantOfShape', 'Range', 'CastLike', 'EyeLike'],
  since: { CastLike: 15 },
  add(op, draft, tape) {
    const type = tape.choose(['float32', 'int32', 'int64'] as const);
    switch (op) {
      case 'OneHot': {
        const depth = tape.int(1, 7);
        const range = tape.rarely(2) ? ([-depth, depth - 1] as const) : ([0, depth + 2] as const);
        const indices = draft.input('int64', extents(tape, tape.int(1, 3)), range);
        const values = draft.list([tape.int(0, 2), tape.int(3, 5)], type);
        const axis = tape.rarely(2) ? undefined : axisOf(tape, indices.dims.length + 1);
        draft.node(op, [indices, draft.scalar(depth, 'int64'), values], { axis });
        return;
      }
      case 'ConstantOfShape':
        draft.node(op, [draft.list(extents(tape, tape.int(0, 3)))]);
        return;
      case 'Range': {
        const delta = tape.choose([1, 2, -1, 3]);
        const bounds = [tape.int(0, 9), tape.int(0, 30) - 10, delta];
        draft.node(
          op,
          bounds.map((value) => draft.scalar(value, type)),
        );
        return;
      }
      case 'EyeLike': {
        const x = anyTensor(draft, tape, { leastRank: 2, mostRank: 2 });
        draft.node(op, [x], {
          k: tape.int(0, 6) - 3,
          dtype: tape.choose([undefined, numberOf[type]]),
        });
        return;
      }
      default: {
        const x = draft.input(
          tape.choose(['float32', 'int32', 'uint8'] as const),
          extents(tape, 2),
          [0, 100],
        );
        draft.node(op, [x, draft.weight(tape, type, [1], [0, 1])]);
      }
    }
  },
};

const equations = [
  ...[
    'ij,jk->ik',
    'bij,bjk->bik',
    'ij->ji',
    'ij->i',
    'ii->i',
    'ij,ij->',
    'i,j->ij',
    '...ij,...jk->...ik',
  ],
  ...['bhid,bhjd->bhij', 'ijk->kji', 'ij,kj->ik'],
];

export const contraction: Family = {
  operators: ['Einsum'],
  add(op, draft, tape) {
    const equation = tape.choose(equations);
    const sizes = new Map<string, number>();
    const sizeOf = (letter: string) => {
      const size = sizes.get(letter) ?? tape.int(1, 6);
      sizes.set(letter, size);
      return size;
    };
    const operands = (equation.split('->')[0] ?? '').split(',');
    const inputs = operands.map((letters) => {
      const dims = [...letters.replace('...', 'zy')].map(sizeOf);
      return draft.input('float32', dims);
    });
    draft.node(op, inputs, { equation });
  },
};
