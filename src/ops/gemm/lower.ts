/** Gemm as a matrix product: transposition is a matter of strides, never of a copy. */

import { input } from '../../../shaders/lib/kernel.ts';
import { broadcastStrides, sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate, DeviceTensor, LoweringIO } from '../operator.ts';
import type { MatrixOperand, MatrixProduct } from './problem.ts';
import { loadProduct, lowerProduct } from './product.ts';
import type { GemmAttributes } from './sizes.ts';

export function loadGemm(io: LoweringIO, attributes: GemmAttributes): Promise<unknown> | undefined {
  return loadProduct(problemOf(io, attributes));
}

export function lowerGemm(
  io: LoweringIO,
  attributes: GemmAttributes,
  caps: DeviceCaps,
): readonly Candidate[] {
  const problem = problemOf(io, attributes);
  return problem ? lowerProduct(problem, caps) : [];
}

function problemOf(io: LoweringIO, attributes: GemmAttributes): MatrixProduct | undefined {
  const [a, b, c] = io.inputs;
  const [result] = io.outputs;
  if (!a || !b || !result) return undefined;
  const [rows = 0, columns = 0] = result.dims;
  const left = matrix(a, 0, attributes.transA);
  const depth = a.dims[attributes.transA ? 0 : 1] ?? 0;
  const [biasRow = 0, biasColumn = 0] = c ? broadcastStrides(c.dims, result.dims) : [];
  return {
    element: result.element,
    rows,
    columns,
    depth,
    batch: [],
    a: left,
    b: matrix(b, 1, attributes.transB),
    // beta = 0 leaves C out, as BLAS does: it may then hold anything.
    bias:
      c && attributes.beta !== 0
        ? { buffer: input(2), size: sizeOf(c.dims), row: biasRow, column: biasColumn }
        : undefined,
    alpha: attributes.alpha,
    beta: attributes.beta,
    activation: io.epilogue?.activation,
  };
}

function matrix({ dims }: DeviceTensor, index: number, transposed: boolean): MatrixOperand {
  const pitch = dims[1] ?? 1;
  return {
    buffer: input(index),
    size: sizeOf(dims),
    row: transposed ? 1 : pitch,
    column: transposed ? pitch : 1,
    batch: [],
  };
}
