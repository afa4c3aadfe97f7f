/**
 * AffineGrid: θ · (coordinates of an output pixel, 1), for every pixel of every image.
 *
 * One invocation computes the point of one pixel. Bindings: `theta` [N, axes, axes + 1], `result`
 * [N, (D,) H, W, axes]; both name x first.
 */

import { defineKernel } from './lib/kernel.ts';
import { lineMain, lineSize } from './lib/words.ts';

export type AffineGridVariant = { readonly element: 'f32' | 'f16' };

export const affineGrid = defineKernel({
  name: 'affine_grid',
  variants: () => (['f32', 'f16'] as const).map((element): AffineGridVariant => ({ element })),
  uniforms: {
    /** Pixels along x, y, z, and of an image. */
    size: 'vec4u',
    /** Invocations: images × pixels. */
    count: 'u32',
    /** 2 or 3. */
    axes: 'u32',
    /** 1: −1 and 1 are the centres of the outer pixels; 0: their outer edges. */
    alignCorners: 'u32',
  },
  bindings: ({ element }) => [
    { name: 'theta', access: 'read', type: `array<${element}>` },
    { name: 'result', access: 'read_write', type: `array<${element}>` },
  ],
  workgroupSize: () => lineSize,
  wgsl: ({ element }) => `
${lineMain}
fn invocation(index: u32) {
  let image = index / u.size.w;
  let pixel = index % u.size.w;
  let at = vec3<u32>(pixel, pixel / u.size.x, pixel / u.size.x / u.size.y) % u.size.xyz;
  // A quotient of integers: near the middle, a sum with -1 would lose its digits.
  let place = vec3<f32>(vec3<i32>(2u * at + 1u) - vec3<i32>(u.size.xyz)) / vec3<f32>(max(u.size.xyz - u.alignCorners, vec3<u32>(1u)));
  for (var row = 0u; row < u.axes; row++) {
    let first = (image * u.axes + row) * (u.axes + 1u);
    var sum = f32(theta[first + u.axes]);
    for (var axis = 0u; axis < u.axes; axis++) {
      sum += f32(theta[first + axis]) * place[axis];
    }
    result[index * u.axes + row] = ${element}(sum);
  }
}
`,
});
