/**
 * The one kernel of data movement: a box of up to six dimensions is copied from one set of
 * strides to another. Transpose, Slice, Split, Concat, Expand and Tile are nothing else.
 */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { copyBindings, lineMain, lineSize, type Word, words } from './lib/words.ts';

/** Dimensions that one dispatch copies at most. */
export const maxCopyRank = 6;

type CopyVariant = { readonly word: Word; readonly rank: number };

const variants: CopyVariant[] = words.flatMap((word) =>
  Array.from({ length: maxCopyRank }, (_, index): CopyVariant => ({ word, rank: index + 1 })),
);

/**
 * One invocation copies one word. Sizes and strides (in words) are innermost first, the first
 * four dimensions in `…A`, the rest in `…B`. Strides may be negative or zero: addresses are sums
 * modulo 2³², so they go in as two's complement.
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
    /** Words in the box. */
    count: 'u32',
    sourceBase: 'u32',
    resultBase: 'u32',
  },
  bindings: ({ word }) => copyBindings(word),
  workgroupSize: () => lineSize,
  wgsl: ({ rank }) => wgsl`
${lineMain}
fn invocation(index: u32) {
  var rest = index;
  var at = u.sourceBase;
  var to = u.resultBase;
${Array.from({ length: rank }, (_, axis) => dimension(axis, axis === rank - 1)).join('')}
  result[to] = source[at];
}
`,
});

/** One step of the decomposition of `rest` into coordinates. */
function dimension(axis: number, last: boolean): string {
  const field = `${axis < 4 ? 'A' : 'B'}.${'xyzw'[axis % 4]}`;
  const coordinate = last ? 'rest' : `(rest % u.sizes${field})`;
  return `
  at += ${coordinate} * u.sourceStrides${field};
  to += ${coordinate} * u.resultStrides${field};
${last ? '' : `  rest /= u.sizes${field};`}`;
}
