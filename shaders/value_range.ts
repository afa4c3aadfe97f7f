/**
 * The least and the greatest of values and zero, in stages of strided loops without workgroup
 * memory, and at last the scale and the zero point that bring this range to [0, 255]. NaN counts for
 * nothing.
 */

import { defineKernel } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

export interface ValueRangeVariant {
  readonly [field: string]: string;
  /** Of values, of ranges, or of ranges and then their scale and zero point. */
  readonly stage: 'values' | 'ranges' | 'scale';
}

const uniforms = {
  /** Invocations. */
  count: 'u32',
  /** Elements of `source`. */
  size: 'u32',
} as const;

export const valueRange = defineKernel<ValueRangeVariant, typeof uniforms>({
  name: 'value_range',
  variants: () => [{ stage: 'values' }, { stage: 'ranges' }, { stage: 'scale' }],
  uniforms,
  bindings: ({ stage }) => [
    {
      name: 'source',
      access: 'read',
      type: stage === 'values' ? 'array<f32>' : 'array<vec2<f32>>',
    },
    ...(stage === 'scale'
      ? ([
          { name: 'scale', access: 'read_write', type: 'array<f32>' },
          { name: 'zero', access: 'read_write', type: 'array<u32>' },
        ] as const)
      : ([{ name: 'result', access: 'read_write', type: 'array<vec2<f32>>' }] as const)),
  ],
  workgroupSize: () => lineSize,
  iterations: (_, { count, size }) => Math.ceil(size / count) + 1,
  wgsl: ({ stage }) => wgsl`
${lineMain}
${nanFunctions}
fn invocation(index: u32) {
  var low = 0.0;
  var high = 0.0;
  for (var at = index; at < u.size; at += u.count) {
#if ${stage === 'values'}
    let value = select(source[at], 0.0, isNan(source[at]));
    low = min(low, value);
    high = max(high, value);
#else
    low = min(low, source[at].x);
    high = max(high, source[at].y);
#endif
  }
#if ${stage === 'scale'}
  let range = high - low;
  let step = select(range, 1.0, range == 0.0) / 255.0;
  scale[0] = step;
  zero[0] = u32(round(clamp(-low / step, 0.0, 255.0)));
#else
  result[index] = vec2<f32>(low, high);
#endif
}
`,
});
