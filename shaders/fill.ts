/** Every word of a buffer becomes one value. */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

/** One invocation stores one 32-bit word of `result`. */
export const fill = defineKernel({
  name: 'fill',
  variants: () => [{}],
  uniforms: {
    /** Words to fill. */
    count: 'u32',
    /** Bits of the value, for f16 twice. */
    value: 'u32',
  },
  bindings: () => [{ name: 'result', access: 'read_write', type: 'array<u32>' }],
  workgroupSize: () => lineSize,
  wgsl: () => wgsl`
${lineMain}
fn invocation(index: u32) {
  result[index] = u.value;
}
`,
});
