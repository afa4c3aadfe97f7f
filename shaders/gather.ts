/** Gather: slices of a source `[outer, axis, inner]` picked by indices, on words. */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { copyBindings, lineMain, lineSize, type Word, words, wordType } from './lib/words.ts';

/**
 * One invocation makes one word of the result `[outer, indices, inner]`. An index out of range
 * gives zeros rather than another slice's bytes.
 */
export const gather = defineKernel({
  name: 'gather',
  variants: () => words.map((word): { readonly word: Word } => ({ word })),
  uniforms: {
    count: 'u32',
    /** Size of the axis. */
    axis: 'i32',
    indexCount: 'u32',
    /** Words of one slice. */
    inner: 'u32',
  },
  bindings: ({ word }) => [
    ...copyBindings(word),
    { name: 'indices', access: 'read', type: 'array<i32>' },
  ],
  workgroupSize: () => lineSize,
  wgsl: ({ word }) => wgsl`
${lineMain}
fn invocation(index: u32) {
  let slice = index / u.inner;
  let outer = slice / u.indexCount;
  var picked = indices[slice % u.indexCount];
  // Negative indices count from the end.
  picked += select(0, u.axis, picked < 0);
  var value = ${wordType(word)}();
  if (picked >= 0 && picked < u.axis) {
    value = source[(outer * u32(u.axis) + u32(picked)) * u.inner + index % u.inner];
  }
  result[index] = value;
}
`,
});
