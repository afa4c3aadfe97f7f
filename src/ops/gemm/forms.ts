/** What the forms of a matrix product share: uniforms, slices of K, candidates. */

import { gemmSum } from '../../../shaders/gemm_sum.ts';
import {
  type Dispatch,
  dispatch,
  foldWorkgroups,
  type Kernel,
  output,
  scratch,
  type UniformValues,
  type Variant,
} from '../../../shaders/lib/kernel.ts';
import type { MatrixLoads, matrixUniforms } from '../../../shaders/lib/matrix.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Candidate, Cost } from '../operator.ts';
import { type MatrixProduct, maxBatchAxes } from './problem.ts';

export const fours = (...values: readonly number[]): boolean =>
  values.every((value) => value % 4 === 0);

export function loadsOf({ a, b, rows, columns, depth }: MatrixProduct): MatrixLoads {
  // The row stride of a single row is never used.
  const aligned = a.column === 1 && fours(depth, rows === 1 ? 0 : a.row, ...a.batch, ...b.batch);
  if (!aligned) return 'scalar';
  if (b.column === 1 && fours(columns, b.row)) return 'nn';
  return b.row === 1 && fours(b.column) ? 'nt' : 'scalar';
}

function uniforms(
  product: MatrixProduct,
  tileRows: number,
  tileColumns: number,
  sliceDepth: number,
): UniformValues<typeof matrixUniforms> {
  const { rows, columns, depth, batch, a, b, bias, activation, alpha, beta } = product;
  const padded = (values: readonly number[], fill: number): [number, number, number, number] => {
    const [x = fill, y = fill, z = fill, w = fill] = [
      ...Array.from({ length: maxBatchAxes - values.length }, () => fill),
      ...values,
    ];
    return [x, y, z, w];
  };
  const [actAlpha = 0, actBeta = 0] = activation?.parameters ?? [];
  return {
    batchShape: padded(batch, 1),
    aBatch: padded(a.batch, 0),
    bBatch: padded(b.batch, 0),
    rows,
    columns,
    depth,
    batches: sizeOf(batch),
    sliceDepth,
    rowTiles: Math.ceil(rows / tileRows),
    columnTiles: Math.ceil(columns / tileColumns),
    aRow: a.row,
    aDepth: a.column,
    bDepth: b.row,
    bColumn: b.column,
    hasBias: bias ? 1 : 0,
    biasRow: bias?.row ?? 0,
    biasColumn: bias?.column ?? 0,
    alpha,
    beta,
    alphaInteger: Math.trunc(alpha),
    betaInteger: Math.trunc(beta),
    actAlpha,
    actBeta,
  };
}

/** How a kernel computes a product, before it is decided into how many slices. */
export interface Form {
  readonly algorithm: string;
  readonly kernel: Kernel;
  readonly variant: Variant;
  readonly vectorStore: boolean;
  /** Result elements of a workgroup. */
  readonly tileRows: number;
  readonly tileColumns: number;
  /** Turns of the loop that an invocation takes for each element of K. */
  readonly turns: number;
  /** Of the whole product. */
  readonly cost: Omit<Cost, 'bytes'>;
}

/** Least depth of a slice: below, writing and reading its sums costs more than making them. */
const leastSlice = 64;
const mostSlices = 32;

/**
 * Into how many slices a product is worth splitting along K: so many that the device is full. Loops
 * that would turn too often are shared out in any case.
 */
function sliceCounts(
  { element, depth }: MatrixProduct,
  { turns, cost }: Form,
  { ceiling, limits }: DeviceCaps,
): readonly number[] {
  const least = Math.max(1, Math.ceil((1.1 * depth * turns) / limits.loopIterations));
  if (element === 'i32' || element === 'u32') return [1];
  const wanted = Math.floor(ceiling.parallelism / Math.max(cost.invocations, 1));
  const most = Math.min(wanted, Math.floor(depth / leastSlice), mostSlices);
  return most > least ? [least, most] : [least];
}

/** The product whole, where its loops are short enough, and split where that fills the device. */
export function candidates(product: MatrixProduct, caps: DeviceCaps, form: Form): Candidate[] {
  return sliceCounts(product, form, caps).map((count) => candidate(product, count, form));
}

function candidate(product: MatrixProduct, count: number, form: Form): Candidate {
  const { element, rows, columns, depth, a, b, bias } = product;
  const { vectorStore, cost } = form;
  const sliceDepth = Math.max(4, Math.ceil(depth / count / 4) * 4);
  const slices = Math.max(1, Math.ceil(depth / sliceDepth));
  const split = slices > 1;
  const values = uniforms(product, form.tileRows, form.tileColumns, sliceDepth);
  const activation = product.activation?.name ?? 'none';
  const end = { activation, split: false };
  const results = values.batches * rows * columns;
  const work: Dispatch = {
    kernel: form.kernel,
    variant: { ...form.variant, ...(split ? { activation: 'none', split } : end) },
    uniforms: values,
    buffers: split
      ? [a.buffer, b.buffer, scratch(0)]
      : [a.buffer, b.buffer, bias?.buffer ?? a.buffer, output(0)],
    workgroups: foldWorkgroups(values.rowTiles * values.columnTiles * values.batches * slices),
  };
  const elements = a.size + b.size + (bias?.size ?? 0) + results;
  const bytes = elements * elementBytes(element);
  if (!split) {
    return {
      ...{ algorithm: form.algorithm, dispatches: [work], scratch: [], packings: [] },
      cost: { ...cost, bytes },
    };
  }
  const partialBytes = slices * results * 4;
  const columnTiles = Math.ceil(columns / 4);
  const sum = dispatch(
    gemmSum,
    { element: element === 'f16' ? 'f16' : 'f32', vectorStore, ...end },
    { ...values, columnTiles },
    [scratch(0), bias?.buffer ?? scratch(0), output(0)],
    foldWorkgroups(Math.ceil((values.batches * rows * columnTiles) / 64)),
  );
  return {
    algorithm: `${form.algorithm}k${slices}`,
    dispatches: [work, sum],
    scratch: [partialBytes],
    packings: [],
    cost: {
      ...cost,
      invocations: cost.invocations * slices,
      bytes: bytes + 2 * partialBytes,
      serialBytes: 2 * partialBytes,
    },
  };
}
