/** Trilu: matrices with zeros below (or above) a diagonal, on words. */

import { defineKernel } from './lib/kernel.ts';
import { copyBindings, lineMain, lineSize, type Word, wordType } from './lib/words.ts';

export const triangle = defineKernel({
  name: 'triangle',
  variants: (): readonly { readonly word: Word }[] => [{ word: 'f16' }, { word: 'u32' }],
  uniforms: {
    /** Words, one for each invocation. */
    count: 'u32',
    rows: 'u32',
    columns: 'u32',
    /** 1: what is above the diagonal stays, else what is below it. */
    upper: 'u32',
    /** How far the diagonal lies to the right of the main one. */
    diagonal: 'i32',
  },
  bindings: ({ word }) => copyBindings(word),
  workgroupSize: () => lineSize,
  wgsl: ({ word }) => `
${lineMain}
fn invocation(index: u32) {
  let right = i32(index % u.columns) - i32(index / u.columns % u.rows);
  let stays = select(right <= u.diagonal, right >= u.diagonal, u.upper == 1u);
  var value = ${wordType(word)}();
  if (stays) {
    value = source[index];
  }
  result[index] = value;
}
`,
});
