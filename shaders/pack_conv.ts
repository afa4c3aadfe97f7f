/**
 * Packs convolution weights from `[O, I, taps…]`, or transposed ones from `[C, O / group, taps…]`,
 * to 4×4 blocks `[outBlock][inBlock][tap][4]` of vec4: vector i of a block holds the weights of
 * input channel i of the block for its four output channels. Channels past the end are zero. Of
 * grouped weights, I and the input blocks are those of one group.
 *
 * One invocation writes one vec4. Bindings: `raw` linear, `result` packed.
 */

import { type FloatElement, floatElements } from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';

export type PackConvVariant = Readonly<Record<'element', FloatElement>>;

export const packConv = defineKernel({
  name: 'pack_conv',
  variants: (): PackConvVariant[] => floatElements.map((element) => ({ element })),
  uniforms: {
    outChannels: 'u32',
    inChannels: 'u32',
    taps: 'u32',
    vectors: 'u32',
    /** Elements of `raw` between two output channels of a group, two groups, two input channels. */
    outStride: 'u32',
    groupStride: 'u32',
    inStride: 'u32',
    /** Output channels of a group. */
    outPerGroup: 'u32',
  },
  bindings: ({ element }) => [
    { name: 'raw', access: 'read', type: `array<${element}>` },
    { name: 'result', access: 'read_write', type: `array<vec4<${element}>>` },
  ],
  workgroupSize: () => [64, 1, 1],
  wgsl: ({ element }) => wgsl`
${flatIndex}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.vectors) {
    return;
  }
  var rest = index / 4u;
  let tap = rest % u.taps;
  rest /= u.taps;
  let inBlocks = (u.inChannels + 3u) / 4u;
  let inChannel = rest % inBlocks * 4u + index % 4u;
  let outChannel = rest / inBlocks * 4u;
  var value = vec4<${element}>(0);
  if (inChannel < u.inChannels) {
    for (var lane = 0u; lane < min(4u, u.outChannels - outChannel); lane++) {
      let channel = outChannel + lane;
      let group = channel / u.outPerGroup * u.groupStride;
      value[lane] =
        raw[group + channel % u.outPerGroup * u.outStride + inChannel * u.inStride + tap];
    }
  }
  result[index] = value;
}
`,
});
