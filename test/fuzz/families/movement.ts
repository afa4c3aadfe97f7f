/** Operators that move, cut, join and repeat elements. */

import type { DataType } from '../../../src/core/dtype.ts';
import type { Draft, Fill, Value } from '../draft.ts';
import type { Tape } from '../tape.ts';
import { anyTensor, axisOf, divisors, extents, type Family, floatType, image } from './family.ts';

const moved: readonly DataType[] = [
  'float32',
  'float32',
  'float32',
  'int32',
  'uint8',
  'bool',
  'int64',
  'float16',
];

/** A tensor of any type. */
function source(draft: Draft, tape: Tape, leastRank = 0, mostRank = 5): Value {
  const type = tape.choose(moved);
  const fill: Fill = type === 'float32' ? 'unit' : type === 'bool' ? [0, 1] : [0, 100];
  return anyTensor(draft, tape, { type, leastRank, mostRank, fill });
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

export const views: Family = {
  operators: ['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity'],
  add(op, draft, tape) {
    const x = source(draft, tape);
    const rank = x.dims.length;
    switch (op) {
      case 'Reshape': {
        const size = product(x.dims);
        const first = size === 0 ? 0 : tape.choose(divisors(size));
        const rest = first === 0 ? 0 : size / first;
        const inner = rest === 0 ? 1 : tape.choose(divisors(rest));
        const shapes = [[-1], [first, -1], [first, inner, -1], [0, -1], [0, 0, -1]];
        const shape = tape.choose(
          size === 0
            ? [[0], [...x.dims]]
            : shapes.filter((dims) => dims.filter((dim) => dim === 0).length <= rank),
        );
        draft.node(op, [x, draft.list(shape)], {
          allowzero: draft.opset >= 14 && size === 0 ? 1 : undefined,
        });
        return;
      }
      case 'Flatten':
        draft.node(op, [x], { axis: tape.int(0, rank) });
        return;
      case 'Squeeze': {
        const ones = x.dims.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
        const axes = tape.some(ones).map((axis) => (tape.rarely(3) ? axis - rank : axis));
        draft.node(op, [x, axes.length > 0 ? draft.list(axes) : undefined]);
        return;
      }
      case 'Unsqueeze': {
        const count = tape.int(1, 2);
        const all = Array.from({ length: rank + count }, (_, axis) => axis);
        const axes = tape.shuffled(all).slice(0, count);
        draft.node(op, [
          x,
          draft.list(tape.rarely(3) ? axes.map((axis) => axis - rank - count) : axes),
        ]);
        return;
      }
      default:
        draft.node(op, [x]);
    }
  },
};

export const transposition: Family = {
  operators: ['Transpose'],
  since: { Transpose: 9 },
  add(op, draft, tape) {
    const x = source(draft, tape);
    const axes = x.dims.map((_, axis) => axis);
    draft.node(op, [x], {
      perm: tape.rarely(6) || axes.length === 0 ? undefined : tape.shuffled(axes),
    });
  },
};

export const joining: Family = {
  operators: ['Concat', 'Split'],
  add(op, draft, tape) {
    const x = source(draft, tape, 1);
    const axis = axisOf(tape, x.dims.length);
    const at = axis < 0 ? axis + x.dims.length : axis;
    const size = x.dims[at] as number;
    if (op === 'Concat') {
      const parts = Array.from({ length: tape.int(0, 3) }, () =>
        draft.pick(
          tape,
          ({ type, dims }) =>
            type === x.type &&
            dims.length === x.dims.length &&
            dims.every((dim, i) => i === at || dim === x.dims[i]),
          () =>
            draft.input(
              x.type,
              x.dims.with(at, tape.int(1, 5)),
              x.type === 'float32' ? 'unit' : [0, 1],
            ),
        ),
      );
      draft.node(op, tape.shuffled([x, ...parts]), { axis });
      return;
    }
    const cuts = [tape.int(0, size), tape.int(0, size)].sort((a, b) => a - b);
    const lengths = [
      cuts[0] as number,
      (cuts[1] as number) - (cuts[0] as number),
      size - (cuts[1] as number),
    ];
    const even = tape.choose(divisors(size).filter((n) => n <= 4));
    if (tape.rarely(2) && even !== undefined) {
      draft.node(op, [x], { axis, num_outputs: draft.opset >= 18 ? even : undefined }, even);
    } else draft.node(op, [x, draft.list(lengths)], { axis }, 3);
  },
};

export const cutting: Family = {
  operators: ['Slice', 'Pad'],
  add(op, draft, tape) {
    if (op === 'Slice') {
      const x = source(draft, tape, 1);
      const axes = tape
        .shuffled(x.dims.map((_, axis) => axis))
        .slice(0, tape.int(1, x.dims.length));
      const steps = axes.map(() => tape.choose([1, 1, 2, -1, -2, 3]));
      const bound = (axis: number) => {
        const size = x.dims[axis] as number;
        return tape.choose([0, size, tape.int(0, size), -1, -tape.int(0, size + 1), 1e6, -1e6]);
      };
      const starts = axes.map(bound);
      const ends = axes.map(bound);
      const signed = axes.map((axis) => (tape.rarely(3) ? axis - x.dims.length : axis));
      draft.node(op, [x, ...[starts, ends, signed, steps].map((list) => draft.list(list))]);
      return;
    }
    const mode = tape.choose([
      'constant',
      'constant',
      'reflect',
      'edge',
      ...(draft.opset >= 19 ? ['wrap'] : []),
    ]);
    const x =
      mode === 'constant' ? source(draft, tape, 1) : anyTensor(draft, tape, { leastRank: 1 });
    const most = (size: number) =>
      mode === 'constant'
        ? 3
        : mode === 'edge'
          ? size > 0
            ? 3
            : 0
          : Math.max(0, Math.min(3, size - 1));
    const begins = x.dims.map((size) =>
      tape.rarely(6) ? -Math.min(1, size) : tape.int(0, most(size)),
    );
    const ends = x.dims.map((size, axis) =>
      tape.rarely(6) && size > 1 ? -1 : (begins[axis] as number) < 0 ? 0 : tape.int(0, most(size)),
    );
    const value = mode === 'constant' && tape.rarely(2) ? draft.scalar(1, x.type) : undefined;
    draft.node(op, [x, draft.list([...begins, ...ends]), value], {
      mode: mode === 'constant' ? undefined : mode,
    });
  },
};

export const repeating: Family = {
  operators: ['Expand', 'Tile'],
  add(op, draft, tape) {
    const x =
      op === 'Tile'
        ? source(draft, tape, 1, 4)
        : draft.input(
            tape.choose(moved),
            extents(tape, tape.int(1, 4)).map((dim) => (tape.rarely(2) ? 1 : dim)),
            [0, 1],
          );
    if (op === 'Tile') {
      draft.node(op, [x, draft.list(x.dims.map(() => tape.int(1, 3)))]);
      return;
    }
    const shape = x.dims.map((dim) => (dim === 1 ? tape.int(1, 5) : tape.rarely(3) ? 1 : dim));
    const kept = tape.rarely(3)
      ? shape.slice(1)
      : tape.rarely(3)
        ? [tape.int(1, 3), ...shape]
        : shape;
    draft.node(op, [x, draft.list(kept)]);
  },
};

export const blocks: Family = {
  operators: ['DepthToSpace', 'SpaceToDepth'],
  add(op, draft, tape) {
    const blocksize = tape.choose([2, 2, 3]);
    const scale = op === 'DepthToSpace' ? [1, blocksize ** 2, 1, 1] : [1, 1, blocksize, blocksize];
    const fits = ({ type, dims }: Value) =>
      type === 'float32' &&
      dims.length === 4 &&
      dims.every((dim, axis) => dim % (scale[axis] as number) === 0);
    const x = draft.pick(tape, fits, () =>
      draft.input(
        'float32',
        scale.map((factor, axis) => factor * tape.int(1, axis === 0 ? 2 : 4)),
      ),
    );
    const mode = op === 'DepthToSpace' ? tape.choose([undefined, 'DCR', 'CRD']) : undefined;
    draft.node(op, [x], { blocksize, mode });
  },
};

export const gathering: Family = {
  operators: ['Gather', 'GatherElements', 'GatherND'],
  add(op, draft, tape) {
    const x = source(draft, tape, 1);
    if (x.dims.includes(0)) return;
    const rank = x.dims.length;
    const axis = axisOf(tape, rank);
    const size = x.dims.at(axis) as number;
    const type = tape.choose(['int64', 'int32'] as const);
    const range: Fill = tape.rarely(2) ? [-size, size - 1] : [0, size - 1];
    if (op === 'Gather') {
      const indices = draft.weight(tape, type, extents(tape, tape.int(0, 2)), range);
      draft.node(op, [x, indices], { axis });
    } else if (op === 'GatherElements') {
      const at = axis < 0 ? axis + rank : axis;
      const dims = x.dims.map((dim, i) => (i === at ? tape.int(1, 6) : tape.int(1, dim)));
      draft.node(op, [x, draft.weight(tape, type, dims, range)], { axis });
    } else {
      const batch_dims = tape.rarely(3) && rank > 1 ? 1 : 0;
      const depth = tape.int(1, rank - batch_dims);
      const least = Math.min(...x.dims.slice(batch_dims, batch_dims + depth));
      const dims = [...x.dims.slice(0, batch_dims), ...extents(tape, tape.int(0, 2)), depth];
      draft.node(op, [x, draft.weight(tape, 'int64', dims, [0, least - 1])], { batch_dims });
    }
  },
};

/** Indices that do not repeat, so that the order of the updates does not matter. */
function distinct(tape: Tape, count: number, size: number): number[] {
  return tape.shuffled(Array.from({ length: size }, (_, index) => index)).slice(0, count);
}

export const scattering: Family = {
  operators: ['ScatterElements', 'ScatterND'],
  since: { ScatterElements: 18, ScatterND: 18 },
  add(op, draft, tape) {
    const type = floatType(tape);
    const x = anyTensor(draft, tape, { type, leastRank: 1, mostRank: 3 });
    if (x.dims.includes(0)) return;
    const reduction = tape.choose([undefined, 'add', 'mul', 'max', 'min']);
    if (op === 'ScatterND') {
      const rows = tape.int(1, Math.min(4, x.dims[0] as number));
      const list = distinct(tape, rows, x.dims[0] as number);
      const indices = draft.input('int64', [rows, 1], [0, 0]);
      draft.overwrite(indices, list);
      const updates = draft.weight(tape, type, [rows, ...x.dims.slice(1)]);
      draft.node(op, [x, indices, updates], { reduction });
      return;
    }
    const indices = distinctRows(draft, tape, x);
    const updates = draft.weight(tape, type, indices.dims);
    draft.node(op, [x, indices, updates], { axis: 0, reduction });
  },
};

/** Indices along the first axis, no two alike in a column. */
function distinctRows(draft: Draft, tape: Tape, { dims }: Value): Value {
  const size = dims[0] as number;
  const rows = tape.int(1, Math.min(4, size));
  const others = dims.slice(1).map((dim) => tape.int(1, dim));
  const width = product(others);
  const columns = Array.from({ length: width }, () => distinct(tape, rows, size));
  const indices = draft.input('int64', [rows, ...others], [0, 0]);
  draft.overwrite(
    indices,
    Array.from(
      { length: rows * width },
      (_, i) => columns[i % width]?.[Math.floor(i / width)] as number,
    ),
  );
  return indices;
}

/** What ScatterElements was called. */
export const oldScattering: Family = {
  operators: ['Scatter'],
  since: { Scatter: 9 },
  until: { Scatter: 10 },
  add(op, draft, tape) {
    const x = anyTensor(draft, tape, { leastRank: 1, mostRank: 3 });
    if (x.dims.includes(0)) return;
    const indices = distinctRows(draft, tape, x);
    draft.node(op, [x, indices, draft.weight(tape, 'float32', indices.dims)], { axis: 0 });
  },
};

export const sizes: Family = {
  operators: ['Shape', 'Size', 'Dropout'],
  add(op, draft, tape) {
    if (op === 'Dropout') {
      draft.node(op, [anyTensor(draft, tape)]);
      return;
    }
    const x = anyTensor(draft, tape);
    const cut = op === 'Shape' && draft.opset >= 15 && tape.rarely(2);
    draft.node(op, [x], cut ? { start: tape.int(0, 3) - 2, end: tape.int(0, 3) } : {});
  },
};

export const cropping: Family = {
  operators: ['CenterCropPad'],
  since: { CenterCropPad: 18 },
  add(op, draft, tape) {
    const x = image(draft, tape, 2);
    const sizes = [tape.int(1, 9), tape.int(1, 9)];
    draft.node(op, [x, draft.list(sizes)], {
      axes: tape.choose([
        [2, 3],
        [-2, -1],
        [1, 3],
      ]),
    });
  },
};
