/**
 * The one kernel of data movement: a box of up to six dimensions is copied from one set of
 * strides to another. Transpose, Slice, Split, Concat, Expand and Tile are nothing else.
 */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { copyBindings, lineMain, lineSize, type Word, words } from './lib/words.ts';

/** Words that an invocation copies at most. */
export const runsPerInvocation = 4;

/** Dimensions that one dispatch copies at most. */
export const maxCopyRank = 6;

type CopyVariant = { readonly word: Word; readonly rank: number };

const variants: CopyVariant[] = words.flatMap((word) =>
  Array.from({ length: maxCopyRank }, (_, index): CopyVariant => ({ word, rank: index + 1 })),
);

/**
 * One invocation copies up to `runsPerInvocation` words of one innermost row, `rowInvocations`
 * apart, so that neighbours stay neighbours in memory while the divisions that find the row (what
 * this kernel is bound by where integer division is slow) are paid once for all of them.
 *
 * Sizes and strides (in words) are innermost first, the first four dimensions in `…A`, the rest in
 * `…B`. Strides may be negative or zero: addresses are sums modulo 2³², so they go in as two's
 * complement.
 */
export const stridedCopy = defineKernel({
  name: 'strided_copy',
  variants: () => variants,
  uniforms: {
    sizesA: 'vec4u',
    sizesB: 'vec4u',
    sourceStridesA: 'vec4u',
    sourceStridesB: 'vec4u',
    resultStridesA: 'vec4u',
    resultStridesB: 'vec4u',
    /** Invocations: rows × rowInvocations. */
    count: 'u32',
    rowInvocations: 'u32',
    sourceBase: 'u32',
    resultBase: 'u32',
  },
  bindings: ({ word }) => copyBindings(word),
  workgroupSize: () => lineSize,
  wgsl: ({ rank }) => wgsl`
${lineMain}
fn invocation(index: u32) {
  var at = u.sourceBase;
  var to = u.resultBase;
#if ${rank > 1}
  var rest = index / u.rowInvocations;
  let first = index % u.rowInvocations;
${Array.from({ length: rank - 1 }, (_, axis) => outerDimension(axis + 1, axis + 2 === rank)).join('')}
#else
  let first = index;
#endif
  for (var run = 0u; run < ${runsPerInvocation}u; run++) {
    let inner = first + run * u.rowInvocations;
    if (inner < u.sizesA.x) {
      result[to + inner * u.resultStridesA.x] = source[at + inner * u.sourceStridesA.x];
    }
  }
}
`,
});

/** One step of the decomposition of `rest` into coordinates. */
function outerDimension(axis: number, last: boolean): string {
  const field = `${axis < 4 ? 'A' : 'B'}.${'xyzw'[axis % 4]}`;
  const coordinate = last ? 'rest' : `(rest % u.sizes${field})`;
  return `
  at += ${coordinate} * u.sourceStrides${field};
  to += ${coordinate} * u.resultStrides${field};
${last ? '' : `  rest /= u.sizes${field};`}`;
}
