/** Gather, GatherElements and GatherND: words of a source picked by tuples of indices. */

import { frameFunctions, frameUniforms } from './lib/indexed.ts';
import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { copyBindings, lineSize, type Word, words, wordType } from './lib/words.ts';

/**
 * One invocation makes one word of the result. An index out of range gives zeros rather than
 * another slice's bytes.
 */
export const gather = defineKernel({
  name: 'gather',
  variants: () => words.map((word): { readonly word: Word } => ({ word })),
  uniforms: frameUniforms,
  bindings: ({ word }) => [
    ...copyBindings(word),
    { name: 'indices', access: 'read', type: 'array<i32>' },
  ],
  workgroupSize: () => lineSize,
  wgsl: ({ word }) => wgsl`
${frameFunctions}
fn invocation(index: u32) {
  var rest = index;
  var tuple = 0u;
  var base = 0u;
  for (var axis = 0u; axis < u.rank; axis++) {
    let size = lane(u.sizesA, u.sizesB, axis);
    let at = rest % size;
    rest /= size;
    tuple += at * lane(u.tupleStridesA, u.tupleStridesB, axis);
    base += at * lane(u.fixedStridesA, u.fixedStridesB, axis);
  }
  let place = locate(tuple, base);
  var value = ${wordType(word)}();
  if (place.inside) {
    value = source[place.address];
  }
  result[index] = value;
}
`,
});
