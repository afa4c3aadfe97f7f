/** y[i] = condition[i] ? a[i] : b[i] with broadcasting, on elements of any type that the GPU has. */

import {
  addressSource,
  type BroadcastMode,
  loadSource,
  operandType,
  operandUniforms,
  shapeUniforms,
} from './lib/broadcast.ts';
import { defineKernel, type Element, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineSize } from './lib/words.ts';

type WhereVariant = { readonly element: 'f16' | 'u32'; readonly mode: BroadcastMode };

const variants: WhereVariant[] = (['f16', 'u32'] as const).flatMap((element) =>
  (['flat', 'blocks', 'elements'] as const).map((mode): WhereVariant => ({ element, mode })),
);

/** Every type of 32 bits is moved as u32, bit by bit. */
export function whereElement(element: Element): 'f16' | 'u32' {
  return element === 'f16' ? 'f16' : 'u32';
}

export const pointwiseWhere = defineKernel({
  name: 'pointwise_where',
  variants: () => variants,
  uniforms: {
    ...shapeUniforms,
    ...operandUniforms('condition'),
    ...operandUniforms('a'),
    ...operandUniforms('b'),
  },
  bindings: ({ element, mode }) => [
    { name: 'condition', access: 'read', type: operandType('u32', mode) },
    { name: 'a', access: 'read', type: operandType(element, mode) },
    { name: 'b', access: 'read', type: operandType(element, mode) },
    { name: 'result', access: 'read_write', type: operandType(element, mode) },
  ],
  workgroupSize: () => lineSize,
  wgsl: ({ element, mode }) => wgsl`
${flatIndex}
${mode === 'flat' ? '' : addressSource}
${loadSource('condition', 'u32', mode)}
${loadSource('a', element, mode)}
${loadSource('b', element, mode)}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.count) {
    return;
  }
  let y = select(load_b(index), load_a(index), load_condition(index) != vec4<u32>());
  result[index] = ${mode === 'elements' ? 'y.x' : 'y'};
}
`,
});
