/** Products of matrices. */

import { anyTensor, broadcastable, type Family } from './family.ts';

export const product: Family = {
  operators: ['MatMul', 'Gemm'],
  add(op, draft, tape) {
    if (op === 'Gemm') {
      const a = anyTensor(draft, tape, { leastRank: 2, mostRank: 2 });
      const transA = tape.int(0, 1);
      const transB = tape.int(0, 1);
      const [rows, inner] = (transA ? [...a.dims].reverse() : a.dims) as [number, number];
      const columns = tape.choose([tape.int(1, 9), 17, 64]);
      const b = draft.weight(tape, 'float32', transB ? [columns, inner] : [inner, columns]);
      const shapes = [[columns], [rows, columns], [1, columns], [rows, 1], [1], []];
      const c = tape.rarely(2) ? draft.weight(tape, 'float32', tape.choose(shapes)) : undefined;
      draft.node(op, [a, b, c], {
        ...{ transA: transA || undefined, transB: transB || undefined },
        alpha: tape.rarely(3) ? { float: 0.5 } : undefined,
        beta: tape.rarely(3) ? { float: 2 } : undefined,
      });
      return;
    }
    const a = anyTensor(draft, tape, { leastRank: 1, mostRank: 4 });
    const inner = a.dims.at(-1) as number;
    const batch = broadcastable(tape, a.dims.slice(0, -2));
    const columns = tape.choose([tape.int(1, 9), 17, 40]);
    const dims = tape.rarely(6) ? [inner] : [...batch, inner, columns];
    draft.node(op, [a, draft.weight(tape, 'float32', dims)]);
  },
};
