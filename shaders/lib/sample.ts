/**
 * Reading an image between its pixels: grid sampling, deformable convolution and RoI align take
 * their taps, weights and borders from here.
 *
 * Positions are float32 pixels, 0 at the centre of the first one. A position of size L carries a
 * rounding of its own of about L · 2⁻²⁴ pixels, whatever is done with it.
 */

import { nanFunctions } from './nan.ts';
import { wgsl } from './preprocessor.ts';
import { lines, range } from './unroll.ts';

/** How an image goes on outside of itself, as the WGSL below has it. */
export const paddings = { zeros: 0, border: 1, centres: 2, edges: 3 } as const;

/** Taps along each axis: the nearest pixel, two for linear, four for cubic interpolation. */
export type TapCount = 1 | 2 | 4;

const vectors = {
  1: { at: 'i32', weight: 'f32' },
  2: { at: 'vec2<i32>', weight: 'vec2<f32>' },
  4: { at: 'vec4<i32>', weight: 'vec4<f32>' },
} as const;

/**
 * Keys's cubic convolution with a = −0.75 at a fraction t past the second tap, as products where
 * sums would cancel.
 */
const cubicWeights = `vec4<f32>(
    -0.75 * t * s * s,
    (1.25 * t - 2.25) * t * t + 1.0,
    (1.25 * s - 2.25) * s * s + 1.0,
    -0.75 * s * t * t)`;

/**
 * WGSL `axisTaps(position, size, padding) -> Taps`: the pixels of one axis that a position reads
 * (−1 for one that is zero) and their weights; NaN has the weights NaN, and the pixels of −∞.
 */
export function axisTaps(taps: TapCount): string {
  const { at, weight } = vectors[taps];
  const from = { 1: 'round(bounded)', 2: 'low', 4: 'low - 1.0' }[taps];
  const all = range(taps).map((tap) => `tapAt(first + ${tap}, i32(size), padding)`);
  return wgsl`
${nanFunctions}
struct Taps { at: ${at}, weight: ${weight} }
// The pixel that stands for pixel \`at\`; -1 where that is nothing but zero.
fn tapAt(at: i32, size: i32, padding: u32) -> i32 {
  if (at >= 0 && at < size) {
    return at;
  }
  switch (padding) {
    case ${paddings.border}u: { return clamp(at, 0, size - 1); }
    // Reflected at the centres of the first and the last pixel.
    case ${paddings.centres}u: {
      let period = max(2 * (size - 1), 1);
      let wrapped = (at % period + period) % period;
      return min(wrapped, period - wrapped);
    }
    // Reflected at their outer edges.
    case ${paddings.edges}u: {
      let period = 2 * size;
      let wrapped = (at % period + period) % period;
      return min(wrapped, period - 1 - wrapped);
    }
    default: { return -1; }
  }
}
fn axisTaps(position: f32, size: u32, padding: u32) -> Taps {
  // Far outside, integers end before float32 does.
  let bounded = select(clamp(position, -1e9, 1e9), -1e9, isNan(position));
#if ${taps > 1}
  let low = floor(bounded);
  let t = select(bounded - low, position, isNan(position));
#endif
#if ${taps === 4}
  let s = 1.0 - t;
#endif
  let first = i32(${from});
  return Taps(${at}(${all.join(', ')}), ${{ 1: '1.0', 2: 'vec2<f32>(1.0 - t, t)', 4: cubicWeights }[taps]});
}
`;
}

/**
 * WGSL `interpolate(plane, size, xs, ys, zs) -> f32`: the weighted sum of the pixels of binding
 * `source` from address `plane` on, which has `size` (x, y, z) pixels; with two axes `zs` is left
 * out. Also `pixel(plane, size, x, y, z)`, 0 where a coordinate is negative.
 */
export function interpolation(taps: 2 | 4, axes: 2 | 3): string {
  const row = (y: string, z: string) =>
    range(taps)
      .map((x) => `xs.weight[${x}] * pixel(plane, size, xs.at[${x}], ${y}, ${z})`)
      .join(' + ');
  const slice = (z: string) =>
    range(taps)
      .map((y) => `ys.weight[${y}] * (${row(`ys.at[${y}]`, z)})`)
      .join('\n    + ');
  const sum =
    axes === 2
      ? `  return ${slice('0')};`
      : lines([
          '  var sum = 0.0;',
          `  for (var z = 0u; z < ${taps}u; z++) {`,
          `    sum += zs.weight[z] * (${slice('zs.at[z]')});`,
          '  }',
          '  return sum;',
        ]);
  return `
${pixel('f32')}
fn interpolate(plane: u32, size: vec3<u32>, xs: Taps, ys: Taps${axes === 3 ? ', zs: Taps' : ''}) -> f32 {
${sum}
}
`;
}

/** WGSL \`pixel(plane, size, x, y, z)\` of a type that elements of \`source\` convert to. */
export const pixel = (type: string): string => `
fn pixel(plane: u32, size: vec3<u32>, x: i32, y: i32, z: i32) -> ${type} {
  // An index out of range reads some element, which is not looked at.
  let at = plane + (u32(z) * size.y + u32(y)) * size.x + u32(x);
  return select(${type}(), ${type}(source[at]), min(x, min(y, z)) >= 0);
}
`;
