/** Gemm: y = alpha · A′·B′ + beta · C, A′ and B′ transposed where their attributes say so. */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { broadcastDims, formatDims, sameDims, type TensorType } from '../../core/shape.ts';
import { type AnyOperator, defineOperator } from '../operator.ts';
import { loadGemm, lowerGemm } from './lower.ts';
import { checkOperandTypes, type GemmAttributes, gemmSizes } from './sizes.ts';

export const gemm: AnyOperator = defineOperator<GemmAttributes>({
  type: 'Gemm',
  arity: { inputs: [2, 3], outputs: [1, 1] },
  attributes(source) {
    // Until version 6 C was broadcast only where `broadcast` said so; since then wherever it can
    // be. A valid model means the same either way.
    source.int('broadcast', 0);
    return {
      alpha: source.float('alpha', 1),
      beta: source.float('beta', 1),
      transA: source.int('transA', 0) !== 0,
      transB: source.int('transB', 0) !== 0,
    };
  },
  infer(inputs, attributes) {
    const [a, b, c] = inputs as readonly [TensorType, TensorType, TensorType | undefined];
    checkOperandTypes(inputs);
    if (a.dims.length !== 2 || b.dims.length !== 2) {
      throw new WgconvError(
        'invalid-shape',
        `Gemm takes matrices, not ${formatDims(a.dims)} and ${formatDims(b.dims)}`,
      );
    }
    const { rows, columns } = gemmSizes(a.dims, b.dims, attributes);
    const dims = [rows, columns];
    if (c && [...dims, ...c.dims].every((dim) => typeof dim === 'number')) {
      if (!sameDims(broadcastDims(dims, c.dims), dims)) {
        throw new WgconvError(
          'invalid-shape',
          `C ${formatDims(c.dims)} does not broadcast to ${formatDims(dims)}`,
        );
      }
    }
    return [{ type: a.type, dims }];
  },
  accuracy: (_, [result]) => (result && isFloat(result.type) ? 'sum' : 'exact'),
  traits: {
    epilogue: ['activation'],
    linear({ attributes, inputs, outputs: [result] }) {
      const bias = inputs[2];
      // A bias that is not one number for each column (or is scaled) cannot take up a shift.
      if (attributes.beta !== 1 || (bias && !sameDims(bias.dims, result?.dims.slice(1) ?? []))) {
        return undefined;
      }
      return { weight: 1, bias: 2, axis: attributes.transB ? 0 : 1 };
    },
    macs({ attributes, inputs: [a, b] }) {
      if (!a || !b) return 0;
      const { rows, columns, depth } = gemmSizes(a.dims, b.dims, attributes);
      return Number(rows) * Number(columns) * Number(depth);
    },
  },
  reference: () => import('./reference.ts').then((module) => module.gemmReference),
  load: loadGemm,
  lower: lowerGemm,
});
