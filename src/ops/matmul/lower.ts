/** MatMul as a matrix product: the batch's broadcasting is a matter of strides. */

import { input } from '../../../shaders/lib/kernel.ts';
import { broadcastStrides, sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { MatrixOperand, MatrixProduct } from '../gemm/problem.ts';
import { loadProduct, lowerProduct } from '../gemm/product.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { type MatMulAttributes, matMulSizes } from './sizes.ts';

export function loadMatMul(io: LoweringIO): Promise<unknown> | undefined {
  return loadProduct(problemOf(io));
}

export function lowerMatMul(
  io: LoweringIO,
  _: MatMulAttributes,
  caps: DeviceCaps,
): readonly Candidate[] {
  const problem = problemOf(io);
  return problem ? lowerProduct(problem, caps) : [];
}

function problemOf(io: LoweringIO): MatrixProduct | undefined {
  const [a, b] = io.inputs;
  const [result] = io.outputs;
  if (!a || !b || !result) return undefined;
  const sizes = matMulSizes(a.dims, b.dims);
  const batch = sizes.batch.map(Number);
  const operand = (index: number, dims: readonly number[]): MatrixOperand => {
    const pitch = dims[dims.length - 1] ?? 1;
    const matrix = pitch * (dims[dims.length - 2] ?? 1);
    return {
      buffer: input(index),
      size: sizeOf(dims),
      row: pitch,
      column: 1,
      batch: broadcastStrides(dims.slice(0, -2), batch).map((stride) => stride * matrix),
    };
  };
  return {
    element: result.element,
    rows: Number(sizes.rows),
    columns: Number(sizes.columns),
    depth: Number(sizes.depth),
    batch,
    a: operand(0, sizes.left.map(Number)),
    b: operand(1, sizes.right.map(Number)),
    bias: undefined,
    alpha: 1,
    beta: 0,
    activation: io.epilogue?.activation,
  };
}
