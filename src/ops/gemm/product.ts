/**
 * One problem for Gemm and MatMul, y = activation(alpha · A·B + beta · C) over a batch of
 * products, and the kernels that solve it.
 */

import {
  type GemmTileName,
  gemm,
  gemmTileSize,
  gemmTiles,
  integerTile,
} from '../../../shaders/gemm.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  type Element,
  foldWorkgroups,
  output,
  type UniformValues,
} from '../../../shaders/lib/kernel.ts';
import type { MatrixLoads, matrixUniforms } from '../../../shaders/lib/matrix.ts';
import { matvec, matvecRows, matvecShape } from '../../../shaders/matvec.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { FusedActivation } from '../../graph/graph.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Candidate, Cost } from '../operator.ts';

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
const maxBatchAxes = 4;

/**
 * Candidates for a product, the likely best first. None where the batch does not collapse to four
 * axes, or an integer product has fractional factors (its result would be rounded).
 */
export function lowerProduct(problem: MatrixProduct, caps: DeviceCaps): Candidate[] {
  const product = oneColumnAsRow(batchAsRows(mergeBatch(problem)));
  const { element, rows, columns, batch, alpha, beta } = product;
  if (sizeOf(batch) * rows * columns === 0) return [nothing];
  const integer = element === 'i32' || element === 'u32';
  if (integer && !(Number.isInteger(alpha) && Number.isInteger(beta))) return [];
  if (batch.length > maxBatchAxes) return [];
  if (integer) return [tiled(product, 'scalar', integerTile, caps)];

  const loads = loadsOf(product);
  if (rows <= 4) {
    const register = tiled(product, loads, rows === 1 ? 'register1x8' : 'register4x4', caps);
    const shared = sliced(product, matvecLoads(product), caps);
    return caps.software ? [register, shared] : [shared, register];
  }
  const names: readonly GemmTileName[] = caps.software
    ? ['register8x8', 'register4x4', 'workgroup64x64', 'workgroup32x32']
    : ['workgroup64x64', 'workgroup32x32', 'register4x4', 'register8x8'];
  return names.map((name) => tiled(product, loads, name, caps));
}

const nothing: Candidate = {
  algorithm: 'empty',
  dispatches: [],
  scratch: [],
  packings: [],
  cost: { macs: 0, bytes: 0, invocations: 1, efficiency: 1, barriers: false },
};

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

const fours = (...values: readonly number[]): boolean => values.every((value) => value % 4 === 0);

function loadsOf({ a, b, rows, columns, depth }: MatrixProduct): MatrixLoads {
  // The row stride of a single row is never used.
  const aligned = a.column === 1 && fours(depth, rows === 1 ? 0 : a.row, ...a.batch, ...b.batch);
  if (!aligned) return 'scalar';
  if (b.column === 1 && fours(columns, b.row)) return 'nn';
  return b.row === 1 && fours(b.column) ? 'nt' : 'scalar';
}

/** The matrix-vector kernel reads A element by element where it reads B along N. */
function matvecLoads(product: MatrixProduct): MatrixLoads {
  const { b, columns } = product;
  if (b.column === 1 && fours(columns, b.row, ...b.batch)) return 'nn';
  const loads = loadsOf(product);
  return loads === 'nt' ? loads : 'scalar';
}

function uniforms(
  product: MatrixProduct,
  tileRows: number,
  tileColumns: number,
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

function buffers({ a, b, bias }: MatrixProduct): BufferRole[] {
  return [a.buffer, b.buffer, bias?.buffer ?? a.buffer, output(0)];
}

/**
 * Share of the multiply-add ceiling that the inner loops reach: on software adapters by the order
 * and distances measured there (SwiftShader, lavapipe), else by the loads for each multiply-add.
 */
const efficiencies: Readonly<Record<GemmTileName, { software: number; gpu: number }>> = {
  register1x8: { software: 0.1, gpu: 0.08 },
  register4x4: { software: 0.18, gpu: 0.2 },
  register8x8: { software: 0.25, gpu: 0.3 },
  workgroup32x32: { software: 0.08, gpu: 0.35 },
  workgroup64x64: { software: 0.1, gpu: 0.5 },
};

function tiled(
  product: MatrixProduct,
  loads: MatrixLoads,
  name: GemmTileName,
  caps: DeviceCaps,
): Candidate {
  const { element, rows, columns, batch, activation } = product;
  const tile = gemmTiles[name];
  const [tileRows, tileColumns] = gemmTileSize(tile);
  const values = uniforms(product, tileRows, tileColumns);
  const vectorStore = loads !== 'scalar' && fours(columns);
  const workgroups = values.rowTiles * values.columnTiles * values.batches;
  const work = dispatch(
    gemm,
    { element, loads, vectorStore, tile: name, activation: activation?.name ?? 'none' },
    values,
    buffers(product),
    foldWorkgroups(workgroups),
  );
  const efficiency = efficiencies[name][caps.software ? 'software' : 'gpu'];
  const algorithm = tile.depth > 0 ? `gemm.${tileRows}x${tileColumns}` : `gemm.${name}`;
  // Tiles at an edge compute whole; register tiles wholly outside end at once.
  const across = (size: number, own: number, whole: number): number =>
    tile.depth > 0 ? Math.ceil(size / whole) * whole : Math.ceil(size / own) * own;
  const results =
    sizeOf(batch) * across(rows, tile.rows, tileRows) * across(columns, tile.columns, tileColumns);
  return candidate(algorithm, work, product, {
    macs: results * product.depth,
    invocations: results / (tile.rows * tile.columns),
    efficiency: loads === 'scalar' ? efficiency * 0.6 : efficiency,
    barriers: tile.depth > 0,
  });
}

function sliced(product: MatrixProduct, loads: MatrixLoads, caps: DeviceCaps): Candidate {
  const { element, rows, columns, depth, activation } = product;
  const [groups, slices] = matvecShape[loads];
  const values = uniforms(product, rows, groups * 4);
  const height = matvecRows.find((count) => count >= rows) ?? 4;
  const workgroups = values.columnTiles * values.batches;
  const work = dispatch(
    matvec,
    {
      element: element === 'f16' ? 'f16' : 'f32',
      loads,
      rows: height,
      activation: activation?.name ?? 'none',
    },
    values,
    buffers(product),
    foldWorkgroups(workgroups),
  );
  return candidate('matvec', work, product, {
    macs: values.batches * height * Math.ceil(columns / 4) * 4 * depth,
    invocations: workgroups * groups * slices,
    efficiency: caps.software ? 0.02 : 0.1,
    barriers: true,
  });
}

function candidate(
  algorithm: string,
  work: Dispatch,
  product: MatrixProduct,
  cost: Omit<Cost, 'bytes'>,
): Candidate {
  const { element, rows, columns, batch, a, b, bias } = product;
  const elements = a.size + b.size + (bias?.size ?? 0) + sizeOf(batch) * rows * columns;
  return {
    algorithm,
    dispatches: [work],
    scratch: [],
    packings: [],
    cost: { ...cost, bytes: elements * elementBytes(element) },
  };
}
