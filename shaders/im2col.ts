/**
 * Writes the patch matrix of a convolution in C4: `[images][inBlocks × taps][outPixels]` of vec4,
 * row = block × taps + tap, the order of the packed weights. Taps in the padding are zero.
 *
 * One invocation writes all taps of one block at one output pixel (any rank up to three spatial
 * axes). Bindings: `source` C4 or linear planes, `result` the matrix.
 */

import {
  convUniforms,
  type Source,
  sourceBinding,
  sourceBlock,
  tapTurns,
} from './lib/conv-geometry.ts';
import { type FloatElement, floatElements } from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';
import { wgsl } from './lib/preprocessor.ts';

export type Im2colVariant = { readonly source: Source; readonly element: FloatElement };

export const im2col = defineKernel({
  name: 'im2col',
  variants: (): Im2colVariant[] =>
    (['c4', 'linear'] as const).flatMap((source) =>
      floatElements.map((element) => ({ source, element })),
    ),
  uniforms: {
    ...convUniforms,
    /** Invocations: images × inBlocks × outPixels. */
    count: 'u32',
  },
  bindings: ({ source, element }) => [
    sourceBinding(source, element),
    { name: 'result', access: 'read_write', type: `array<vec4<${element}>>` },
  ],
  workgroupSize: () => [64, 1, 1],
  iterations: (_, sizes) => tapTurns(sizes),
  wgsl: ({ source, element }) => wgsl`
${flatIndex}
${c4Functions}
${sourceBlock(source)}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.count) {
    return;
  }
  let pixels = u.outDepth * u.outHeight * u.outWidth;
  let pixel = index % pixels;
  let block = index / pixels % u.inBlocks;
  let image = index / pixels / u.inBlocks;
  let firstX = i32(pixel % u.outWidth * u.strideX) - u.padLeft;
  let firstY = i32(pixel / u.outWidth % u.outHeight * u.strideY) - u.padTop;
  let firstZ = i32(pixel / u.outWidth / u.outHeight * u.strideZ) - u.padFront;
  var at = (index - pixel) * (u.kernelDepth * u.kernelHeight * u.kernelWidth) + pixel;
  for (var kz = 0u; kz < u.kernelDepth; kz++) {
    let z = u32(firstZ + i32(kz * u.dilationZ));
    for (var ky = 0u; ky < u.kernelHeight; ky++) {
      let y = u32(firstY + i32(ky * u.dilationY));
      let inside = (z < u.inDepth) & (y < u.inHeight);
      for (var kx = 0u; kx < u.kernelWidth; kx++) {
        let x = u32(firstX + i32(kx * u.dilationX));
        let offset = (z * u.inHeight + y) * u.inWidth + x;
        let value = sourceBlock(image, block, offset, inside & (x < u.inWidth));
        result[at] = vec4<${element}>(value);
        at += pixels;
      }
    }
  }
}
`,
});
