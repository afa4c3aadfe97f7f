/**
 * What the matrix product kernels share: y = activation(alpha · A·B + beta · C) over a batch of
 * products, its uniforms and bindings, and the store with bias and activation.
 *
 * Whether there is a bias C is a uniform, not a variant, as in the epilogue of convolutions.
 */

import { activationSource, fusableActivations } from './activations.ts';
import { type Binding, type Element, flatIndex } from './kernel.ts';
import { wgsl } from './preprocessor.ts';

/**
 * How A and B are read: `nn` A `[M,K]` and B `[K,N]` both as vec4 along their rows (K and N are
 * multiples of 4); `nt` A `[M,K]` and B `[N,K]` as vec4 along K (K is a multiple of 4); `scalar`
 * element by element with any strides: any orientation, any size.
 */
export type MatrixLoads = 'nn' | 'nt' | 'scalar';

export const matrixUniforms = {
  /** Sizes of the batch, padded with 1 in front, and the strides of A and B along them (elements). */
  batchShape: 'vec4u',
  aBatch: 'vec4u',
  bBatch: 'vec4u',
  /** M, N, K. */
  rows: 'u32',
  columns: 'u32',
  depth: 'u32',
  /** Where B is bound in ranges: `columns` is of this one's, from this column of so many. */
  firstColumn: 'u32',
  resultColumns: 'u32',
  batches: 'u32',
  /** Depth of a slice where K is split, a multiple of four; else of no meaning. */
  sliceDepth: 'u32',
  /** The slice that B as it is bound begins with. */
  firstSlice: 'u32',
  /** Tiles of a workgroup along M and N. */
  rowTiles: 'u32',
  columnTiles: 'u32',
  /** Strides in elements. */
  aRow: 'u32',
  aDepth: 'u32',
  bDepth: 'u32',
  bColumn: 'u32',
  /** 1 where `bias` is C; its strides are 0 along broadcast axes. */
  hasBias: 'u32',
  biasRow: 'u32',
  biasColumn: 'u32',
  alpha: 'f32',
  beta: 'f32',
  /** alpha and beta of integer products. */
  alphaInteger: 'i32',
  betaInteger: 'i32',
  actAlpha: 'f32',
  actBeta: 'f32',
} as const;

/** Which bindings are arrays of vec4. */
export interface MatrixVectors {
  readonly a: boolean;
  readonly b: boolean;
  readonly result: boolean;
}

/**
 * A, B, C (any read-only buffer where `hasBias` is 0) and the dense result `[batch,M,N]`; of a
 * product split along K, A, B and the sums `[slice,batch,M,N]`.
 */
export function matrixBindings(
  element: Element,
  vectors: MatrixVectors,
  split: boolean,
): Binding[] {
  return [
    { name: 'a', access: 'read', type: array(element, vectors.a) },
    { name: 'b', access: 'read', type: array(element, vectors.b) },
    ...(split
      ? [{ name: 'result', access: 'read_write', type: array('f32', vectors.result) } as const]
      : matrixEnd(element, vectors.result)),
  ];
}

/** The last bindings of a kernel that ends a product: C and the result. */
export function matrixEnd(element: Element, vectorStore: boolean): Binding[] {
  return [
    { name: 'bias', access: 'read', type: array(element, false) },
    { name: 'result', access: 'read_write', type: array(element, vectorStore) },
  ];
}

function array(element: Element, vector: boolean): string {
  return `array<${vector ? `vec4<${element}>` : element}>`;
}

/** Variants of how a product ends: every activation, or bare sums of slices of K. */
export const matrixEnds: readonly Pick<MatrixEnd, 'activation' | 'split'>[] = [
  ...fusableActivations.map((activation) => ({ activation, split: false })),
  { activation: 'none', split: true },
];

/** WGSL: whether `product` lies past the last one. */
export function outside(split: boolean): string {
  return split ? 'firstDepth >= u.depth' : 'product >= u.batches';
}

/**
 * WGSL: of the flat index `product` of slices and batches, what `finish` takes for `batch`, and the
 * range of its sums: where A and B begin, and `depth`.
 */
export function productRange(split: boolean): string {
  if (!split) {
    return `
  let batch = product;
  let depth = u.depth;
  let aBase = batchOffset(batch, u.aBatch);
  let bBase = batchOffset(batch, u.bBatch);`;
  }
  return `
  let slice = product / u.batches;
  let batch = product + u.firstSlice * u.batches;
  let firstDepth = min((u.firstSlice + slice) * u.sliceDepth, u.depth);
  let depth = min(u.sliceDepth, u.depth - firstDepth);
  let aBase = batchOffset(product % u.batches, u.aBatch) + firstDepth * u.aDepth;
  let bBase = batchOffset(product % u.batches, u.bBatch) + slice * u.sliceDepth * u.bDepth;`;
}

export interface MatrixEnd {
  readonly element: Element;
  readonly activation: string;
  readonly vectorStore: boolean;
  /** Stores bare sums, in f32: `gemm_sum` ends the product. */
  readonly split: boolean;
}

/**
 * WGSL: `Scalar` and `Vector` (types of the sums), `batchOffset` and `finish`, which scales the
 * sums of row `row` and columns `column`… `column + 3` of product `batch`, adds the bias, applies
 * the activation and stores what lies inside the result.
 */
export function matrixSource({ element, activation, vectorStore, split }: MatrixEnd): string {
  const stored = split ? 'f32' : element;
  const isFloat = element === 'f32' || element === 'f16';
  const scalar = isFloat ? 'f32' : element;
  const factor = (name: string): string => (isFloat ? `u.${name}` : `${scalar}(u.${name}Integer)`);
  return wgsl`
alias Scalar = ${scalar};
alias Vector = vec4<${scalar}>;
${flatIndex}
${isFloat && !split ? activationSource(activation) : ''}
// Where the matrices of one batch element begin, for their strides along the batch.
fn batchOffset(batch: u32, strides: vec4<u32>) -> u32 {
  let shape = u.batchShape;
  let upper = batch / shape.w;
  let top = upper / shape.z;
  let at = vec4<u32>(top / shape.y, top % shape.y, upper % shape.z, batch % shape.w);
  let products = at * strides;
  return products.x + products.y + products.z + products.w;
}
fn finish(batch: u32, row: u32, column: u32, sum: Vector) {
  if (row >= u.rows || column >= u.columns) {
    return;
  }
#if ${split}
  let value = sum;
#else
  var value = sum * ${factor('alpha')};
  if (u.hasBias != 0u) {
    let at = row * u.biasRow + (u.firstColumn + column) * u.biasColumn;
    let step = u.biasColumn;
    value += ${factor('beta')} * Vector(
      Scalar(bias[at]), Scalar(bias[at + step]), Scalar(bias[at + 2u * step]), Scalar(bias[at + 3u * step]));
  }
#if ${isFloat}
  value = activation(value);
#endif
#endif
  let index = (batch * u.rows + row) * u.resultColumns + u.firstColumn + column;
#if ${vectorStore}
  result[index / 4u] = vec4<${stored}>(value);
#else
  let left = u.columns - column;
  result[index] = ${stored}(value.x);
  if (left > 1u) { result[index + 1u] = ${stored}(value.y); }
  if (left > 2u) { result[index + 2u] = ${stored}(value.z); }
  if (left > 3u) { result[index + 3u] = ${stored}(value.w); }
#endif
}
`;
}

/** `0, 1, … count - 1`, for unrolled WGSL. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
