/** MatMul: numpy's matmul. Vectors count as a row on the left and as a column on the right. */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { checkOperandTypes } from '../gemm/sizes.ts';
import { type AnyOperator, defineOperator } from '../operator.ts';
import { loadMatMul, lowerMatMul } from './lower.ts';
import { type MatMulAttributes, matMulSizes } from './sizes.ts';

export const matMul: AnyOperator = defineOperator<MatMulAttributes>({
  type: 'MatMul',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: () => ({}),
  infer([a, b]) {
    if (!a || !b) throw new WgconvError('missing-input', 'MatMul takes A and B');
    checkOperandTypes([a, b]);
    return [{ type: a.type, dims: matMulSizes(a.dims, b.dims).result }];
  },
  accuracy: (_, [result]) => (result && isFloat(result.type) ? 'sum' : 'exact'),
  traits: {
    epilogue: ['activation'],
    macs({ inputs: [a, b] }) {
      if (!a || !b) return 0;
      const { batch, rows, columns, depth } = matMulSizes(a.dims, b.dims);
      return [...batch, rows, columns, depth].reduce<number>((n, dim) => n * Number(dim), 1);
    },
  },
  reference: () => import('./reference.ts').then((module) => module.matMulReference),
  load: loadMatMul,
  lower: lowerMatMul,
});
