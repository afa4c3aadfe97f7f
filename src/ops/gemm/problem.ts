/**
 * One problem for Gemm and MatMul: y = activation(alpha · A·B + beta · C) over a batch of products,
 * brought to the form that the kernels take.
 */

import type { BufferRole, Element } from '../../../shaders/lib/kernel.ts';
import type { FusedActivation } from '../../graph/graph.ts';

/** A matrix in a buffer: strides in elements. */
export interface MatrixOperand {
  readonly buffer: BufferRole;
  /** Elements of the whole tensor. */
  readonly size: number;
  readonly row: number;
  readonly column: number;
  /** One stride for each axis of the batch. */
  readonly batch: readonly number[];
}

/** A is `[M,K]`, B is `[K,N]`, C is broadcast to `[M,N]`; the result is dense, `[batch…,M,N]`. */
export interface MatrixProduct {
  readonly element: Element;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly batch: readonly number[];
  readonly a: MatrixOperand;
  readonly b: MatrixOperand;
  /** Its strides are 0 along broadcast axes. */
  readonly bias: Omit<MatrixOperand, 'batch'> | undefined;
  readonly alpha: number;
  readonly beta: number;
  readonly activation: FusedActivation | undefined;
}

/** The kernels count a batch with at most this many axes. */
export const maxBatchAxes = 4;

/** The same product with as few axes of the batch as possible; one column becomes one row. */
export function normalise(problem: MatrixProduct): MatrixProduct {
  return oneColumnAsRow(batchAsRows(mergeBatch(problem)));
}

/** Joins neighbouring batch axes that both operands step through alike, and drops those of size 1. */
function mergeBatch(product: MatrixProduct): MatrixProduct {
  const batch: number[] = [];
  const a: number[] = [];
  const b: number[] = [];
  product.batch.forEach((size, axis) => {
    if (size === 1) return;
    const [aStep = 0, bStep = 0] = [product.a.batch[axis], product.b.batch[axis]];
    const last = batch.length - 1;
    const [aLast, bLast] = [a[last], b[last]];
    if (aLast === aStep * size && bLast === bStep * size) {
      batch[last] = (batch[last] ?? 1) * size;
      a[last] = aStep;
      b[last] = bStep;
      return;
    }
    batch.push(size);
    a.push(aStep);
    b.push(bStep);
  });
  return { ...product, batch, a: { ...product.a, batch: a }, b: { ...product.b, batch: b } };
}

/** A batch of A under one B is a taller A. */
function batchAsRows(product: MatrixProduct): MatrixProduct {
  const { a, b, batch, rows, bias } = product;
  const [size] = batch;
  if (batch.length !== 1 || size === undefined || bias) return product;
  if (b.batch[0] !== 0 || a.batch[0] !== rows * a.row) return product;
  const none = { batch: [] };
  return { ...product, batch: [], rows: rows * size, a: { ...a, ...none }, b: { ...b, ...none } };
}

/** A product with a vector, A·x, is xᵀ·Aᵀ: one row, and A's rows are weights of one column each. */
function oneColumnAsRow(product: MatrixProduct): MatrixProduct {
  const { a, b, bias, rows, columns } = product;
  if (columns !== 1 || rows === 1) return product;
  return {
    ...product,
    rows: 1,
    columns: rows,
    a: { ...b, row: 0, column: b.row },
    b: { ...a, row: a.column, column: a.row },
    bias: bias && { ...bias, row: bias.column, column: bias.row },
  };
}
