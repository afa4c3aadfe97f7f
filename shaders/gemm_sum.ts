/**
 * Ends a matrix product that was split along K: adds up the sums of its slices, in order, then
 * alpha, beta · C and the activation. One invocation four columns of a row.
 *
 * Bindings: `partial` `[slice][batch, M, N]` in f32, C, result; uniforms of the product, whose
 * `columnTiles` here counts the fours of a row.
 */

import { defineKernel, flatMain } from './lib/kernel.ts';
import {
  type MatrixEnd,
  matrixEnd,
  matrixEnds,
  matrixSource,
  matrixUniforms,
} from './lib/matrix.ts';

export type GemmSumVariant = {
  readonly element: 'f32' | 'f16';
  /** N is a multiple of four: sums and results are vec4. */
  readonly vectorStore: boolean;
} & { readonly [Field in 'activation' | 'split']: MatrixEnd[Field] };

export const gemmSum = defineKernel<GemmSumVariant, typeof matrixUniforms>({
  name: 'gemm_sum',
  variants: () =>
    (['f32', 'f16'] as const).flatMap((element) =>
      [true, false].flatMap((vectorStore) =>
        matrixEnds.filter(({ split }) => !split).map((end) => ({ element, vectorStore, ...end })),
      ),
    ),
  uniforms: matrixUniforms,
  bindings: ({ element, vectorStore }) => [
    { name: 'partial', access: 'read', type: vectorStore ? 'array<vec4<f32>>' : 'array<f32>' },
    ...matrixEnd(element, vectorStore),
  ],
  workgroupSize: () => [64, 1, 1],
  wgsl: (variant) => `
${matrixSource(variant)}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  let rows = index / u.columnTiles;
  let column = index % u.columnTiles * 4u;
  let all = u.batches * u.rows;
  if (rows >= all) {
    return;
  }
  // Columns past the end read some other sum and are not stored.
  var at = rows * u.columns + column;
  var sum = Vector();
  for (var slice = 0u; slice * u.sliceDepth < u.depth; slice++) {
    sum += ${variant.vectorStore ? 'partial[at / 4u]' : 'vec4<f32>(partial[at], partial[at + 1u], partial[at + 2u], partial[at + 3u])'};
    at += all * u.columns;
  }
  finish(rows / u.rows, rows % u.rows, column, sum);
}
`,
});
