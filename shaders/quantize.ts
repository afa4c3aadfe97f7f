/**
 * QuantizeLinear, y = saturate(round(x / scale) + zero), and DequantizeLinear, y = (x - zero) *
 * scale, with one scale and zero point for the tensor, for an index of an axis, or for a block.
 *
 * One invocation computes four neighbours; the buffers' ends are padding, so none is guarded alone.
 * Integers of at most 16 bits have the same bits in i32 and u32: all are bound as i32.
 */

import { toHalf } from './lib/half.ts';
import { defineKernel, type Element } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

export interface QuantizeVariant {
  readonly [field: string]: string;
  readonly from: Exclude<Element, 'u32'>;
  readonly scale: Exclude<Element, 'u32'>;
  /** i32 quantises, the others dequantise. */
  readonly to: Exclude<Element, 'u32'>;
}

const numbers = ['f32', 'f16', 'i32'] as const;
const floats = ['f32', 'f16'] as const;

const uniforms = {
  /** Vectors of four elements. */
  count: 'u32',
  /** Elements of the quantised axis, and of all axes after it. */
  axisSize: 'u32',
  inner: 'u32',
  /** Neighbours along the axis that share a scale. */
  block: 'u32',
  /** Strides of the scales: for the axes before the quantised one, for its blocks, and after it. */
  outerStride: 'u32',
  axisStride: 'u32',
  innerStride: 'u32',
  hasZero: 'u32',
  /** The quotient is rounded to float16. */
  half: 'u32',
  /** The type's range. */
  low: 'f32',
  high: 'f32',
} as const;

export const quantize = defineKernel<QuantizeVariant, typeof uniforms>({
  name: 'quantize',
  variants: () => [
    ...numbers.flatMap((from) => numbers.map((scale) => ({ from, scale, to: 'i32' as const }))),
    ...floats.flatMap((scale) => floats.map((to) => ({ from: 'i32' as const, scale, to }))),
  ],
  uniforms,
  bindings: ({ from, scale, to }) => [
    { name: 'source', access: 'read', type: `array<vec4<${from}>>` },
    { name: 'scales', access: 'read', type: `array<${scale}>` },
    { name: 'zeros', access: 'read', type: 'array<i32>' },
    { name: 'result', access: 'read_write', type: `array<vec4<${to}>>` },
  ],
  workgroupSize: () => lineSize,
  wgsl: ({ to }) => wgsl`
${lineMain}
fn scaleAt(index: u32) -> u32 {
  let line = index / u.inner;
  let block = line % u.axisSize / u.block;
  return line / u.axisSize * u.outerStride + block * u.axisStride + index % u.inner * u.innerStride;
}
#if ${to === 'i32'}
${nanFunctions}
${toHalf}
fn quotient(x: vec4<f32>, scale: vec4<f32>) -> vec4<f32> {
  if (u.half == 0u) {
    return x / scale;
  }
  return toHalf(toHalf(x) / toHalf(scale));
}
#endif
fn invocation(index: u32) {
  var scale = vec4<f32>();
  var zero = vec4<i32>();
  for (var lane = 0u; lane < 4u; lane++) {
    let at = scaleAt(index * 4u + lane);
    scale[lane] = f32(scales[at]);
    if (u.hasZero != 0u) {
      zero[lane] = zeros[at];
    }
  }
#if ${to === 'i32'}
  let q = quotient(vec4<f32>(source[index]), scale);
  let shift = vec4<f32>(zero);
  let whole = clamp(round(select(q, vec4<f32>(), isNan4(q))), u.low - shift, u.high - shift);
  result[index] = vec4<i32>(whole) + zero;
#else
  result[index] = vec4<${to}>(vec4<f32>(source[index] - zero) * scale);
#endif
}
`,
});
