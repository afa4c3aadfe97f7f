/**
 * Depthwise convolution of 8-bit integers, one output channel for each input channel: words hold
 * four channels, and lanes never meet. Each invocation owns a pixel of four channels; zero points
 * are taken off before the products, and a tap outside of the source adds nothing.
 *
 * `source` is `[image][channelBlock][pixel]`, `weights` `[channelBlock][tap]` (see
 * `pack_integers`), the result `[image][channel][pixel]`.
 */

import { tapTurns } from './lib/conv-geometry.ts';
import { integerWindowUniforms, originOf, unpackBytes, zeroPoints } from './lib/integer-window.ts';
import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

const uniforms = {
  /** Invocations. */
  count: 'u32',
  channels: 'u32',
  channelBlocks: 'u32',
  ...integerWindowUniforms,
} as const;

export const integerDepthwise = defineKernel({
  name: 'integer_depthwise',
  variants: () => [{}],
  uniforms,
  bindings: () => [
    { name: 'source', access: 'read', type: 'array<u32>' },
    { name: 'weights', access: 'read', type: 'array<u32>' },
    { name: 'sourceZeros', access: 'read', type: 'array<i32>' },
    { name: 'weightZeros', access: 'read', type: 'array<i32>' },
    { name: 'result', access: 'read_write', type: 'array<i32>' },
  ],
  workgroupSize: () => lineSize,
  iterations: (_, u) => tapTurns(u),
  wgsl: () => wgsl`
${lineMain}
${unpackBytes}
${originOf}
${zeroPoints}
fn invocation(index: u32) {
  let pixel = index % u.outPixels;
  let plane = index / u.outPixels;
  let channel = plane % u.channelBlocks * 4u;
  let xZero = sourceZero(0u);
  var wZero: vec4<i32>;
  for (var lane = 0u; lane < 4u; lane++) {
    wZero[lane] = weightZero(min(channel + lane, u.channels - 1u) * u.weightZeroStride);
  }
  let origin = originOf(pixel);
  let size = vec3<i32>(vec3<u32>(u.inDepth, u.inHeight, u.inWidth));
  let first = plane * u.inDepth * u.inHeight * u.inWidth;
  var tap = channel / 4u * u.kernelDepth * u.kernelHeight * u.kernelWidth;
  var sum = vec4<i32>();
  for (var kz = 0u; kz < u.kernelDepth; kz++) {
    for (var ky = 0u; ky < u.kernelHeight; ky++) {
      for (var kx = 0u; kx < u.kernelWidth; kx++) {
        let at = origin + vec3<i32>(vec3<u32>(kz * u.dilationZ, ky * u.dilationY, kx * u.dilationX));
        if (all(at >= vec3<i32>()) && all(at < size)) {
          let word = source[first + u32((at.x * size.y + at.y) * size.z + at.z)];
          sum += (unpack(word) - xZero) * (unpack(weights[tap]) - wZero);
        }
        tap++;
      }
    }
  }
  let image = plane / u.channelBlocks;
  for (var lane = 0u; lane < min(4u, u.channels - channel); lane++) {
    result[(image * u.channels + channel + lane) * u.outPixels + pixel] = sum[lane];
  }
}
`,
});
