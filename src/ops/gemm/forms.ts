/** What the forms of a matrix product share: uniforms, slices of K, candidates. */

import { gemmSum } from '../../../shaders/gemm_sum.ts';
import {
  type BufferRole,
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
    firstColumn: 0,
    resultColumns: columns,
    firstSlice: 0,
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

/** Ranges begin at a multiple of 256 bytes, whatever the length of a row and the element. */
const rangeRows = 128;

/**
 * Rows of B (or of its transpose, where it lies along K) that one binding holds, where all do not
 * fit: AlexNet's and VGG's weights take more than WebGPU's default of 128 MiB.
 */
function rowsPerBinding({ element, b }: MatrixProduct, { limits }: DeviceCaps): number | undefined {
  const bytes = elementBytes(element);
  if (b.size * bytes <= limits.storageBindingBytes || b.batch.some((step) => step > 0)) {
    return undefined;
  }
  const pitch = (b.row === 1 ? b.column : b.row) * bytes;
  const rows = Math.floor(limits.storageBindingBytes / pitch / rangeRows) * rangeRows;
  return rows > 0 ? rows : undefined;
}

/** The product whole, where its loops are short enough, and split where that fills the device. */
export function candidates(product: MatrixProduct, caps: DeviceCaps, form: Form): Candidate[] {
  const bindingRows = rowsPerBinding(product, caps);
  if (bindingRows === undefined || product.b.row === 1) {
    return sliceCounts(product, form, caps).map((count) => {
      const depth = Math.max(4, Math.ceil(product.depth / count / 4) * 4);
      return candidate(product, depth, bindingRows, form);
    });
  }
  // Ranges of rows of B are slices of K, one for each dispatch.
  const isInteger = product.element === 'i32' || product.element === 'u32';
  return isInteger ? [] : [candidate(product, bindingRows, bindingRows, form)];
}

function candidate(
  product: MatrixProduct,
  sliceDepth: number,
  bindingRows: number | undefined,
  form: Form,
): Candidate {
  const { element, rows, columns, depth, a, b, bias } = product;
  const { vectorStore, cost } = form;
  const slices = Math.max(1, Math.ceil(depth / sliceDepth));
  const split = slices > 1;
  const values = uniforms(product, form.tileRows, form.tileColumns, sliceDepth);
  const activation = product.activation?.name ?? 'none';
  const results = values.batches * rows * columns;
  /** Of `own` columns and slices, of which B is bound from row `first` on. */
  const work = (weights: BufferRole, own: Partial<typeof values>, ownSlices: number): Dispatch => {
    const all = { ...values, ...own };
    const columnTiles = Math.ceil(all.columns / form.tileColumns);
    return {
      kernel: form.kernel,
      variant: { ...form.variant, activation: split ? 'none' : activation, split },
      uniforms: { ...all, columnTiles },
      buffers: split
        ? [a.buffer, weights, scratch(0)]
        : [a.buffer, weights, bias?.buffer ?? a.buffer, output(0)],
      workgroups: foldWorkgroups(values.rowTiles * columnTiles * values.batches * ownSlices),
    };
  };
  const along = b.row === 1 ? columns : depth;
  const pitch = (b.row === 1 ? b.column : b.row) * elementBytes(element);
  const works =
    bindingRows === undefined
      ? [work(b.buffer, {}, slices)]
      : Array.from({ length: Math.ceil(along / bindingRows) }, (_, index) => {
          const first = index * bindingRows;
          const count = Math.min(bindingRows, along - first);
          const range = { offset: first * pitch, bytes: Math.ceil((count * pitch) / 16) * 16 };
          const weights = { ...b.buffer, range } as BufferRole;
          return b.row === 1
            ? work(weights, { firstColumn: first, columns: count }, slices)
            : work(weights, { firstSlice: index }, 1);
        });
  const elements = a.size + b.size + (bias?.size ?? 0) + results;
  const bytes = elements * elementBytes(element);
  if (!split) {
    return {
      ...{ algorithm: form.algorithm, dispatches: works, scratch: [], packings: [] },
      cost: { ...cost, bytes },
    };
  }
  const partialBytes = slices * results * 4;
  const columnTiles = Math.ceil(columns / 4);
  const sum = dispatch(
    gemmSum,
    { element: element === 'f16' ? 'f16' : 'f32', vectorStore, activation, split: false },
    { ...values, columnTiles },
    [scratch(0), bias?.buffer ?? scratch(0), output(0)],
    foldWorkgroups(Math.ceil((values.batches * rows * columnTiles) / 64)),
  );
  return {
    algorithm: `${form.algorithm}k${slices}`,
    dispatches: [...works, sum],
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
