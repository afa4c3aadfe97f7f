/**
 * MaxUnpool: values put where indices say, zeros elsewhere.
 *
 * `place` notes for each element of the result which value comes last, `take` moves it there: so
 * duplicate indices give the same result in every run, whatever order invocations have. Bindings of
 * `place`: `indices`, `places` (0, or the value's position plus 1); of `take`: `source`, `places`,
 * `result`.
 */

import { defineKernel } from './lib/kernel.ts';
import { lineMain, lineSize } from './lib/words.ts';

export type UnpoolVariant =
  | { readonly step: 'place' }
  /** `u32` is any type of four bytes. */
  | { readonly step: 'take'; readonly element: 'u32' | 'f16' };

const place = `
  let at = indices[index];
  if (at >= 0 && at < i32(u.size)) {
    atomicMax(&places[at], index + 1u);
  }`;

const take = (element: string) => `
  let place = places[index];
  result[index] = select(${element}(), source[max(place, 1u) - 1u], place > 0u);`;

export const unpool = defineKernel<UnpoolVariant, { readonly count: 'u32'; readonly size: 'u32' }>({
  name: 'unpool',
  variants: () => [
    { step: 'place' },
    { step: 'take', element: 'u32' },
    { step: 'take', element: 'f16' },
  ],
  uniforms: {
    /** Invocations: elements of the indices, or of the result. */
    count: 'u32',
    /** Elements of the result. */
    size: 'u32',
  },
  bindings: (variant) =>
    variant.step === 'place'
      ? [
          { name: 'indices', access: 'read', type: 'array<i32>' },
          { name: 'places', access: 'read_write', type: 'array<atomic<u32>>' },
        ]
      : [
          { name: 'source', access: 'read', type: `array<${variant.element}>` },
          { name: 'places', access: 'read', type: 'array<u32>' },
          { name: 'result', access: 'read_write', type: `array<${variant.element}>` },
        ],
  workgroupSize: () => lineSize,
  wgsl: (variant) => `
${lineMain}
fn invocation(index: u32) {${variant.step === 'place' ? place : take(variant.element)}
}
`,
});
