/**
 * A run of channels from one C4 tensor to another where it does not start at the same lane:
 * Concat, Slice and Split on the channel axis at positions that are not multiples of four.
 */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

type ChannelsVariant = {
  readonly word: 'u32' | 'f16';
  /** (sourceStart − resultStart) mod 4: how many lanes to the left the blocks move. */
  readonly shift: number;
};

const variants: ChannelsVariant[] = (['u32', 'f16'] as const).flatMap((word) =>
  [0, 1, 2, 3].map((shift): ChannelsVariant => ({ word, shift })),
);

const shifted = [
  'low',
  'vec4(low.y, low.z, low.w, high.x)',
  'vec4(low.z, low.w, high.x, high.y)',
  'vec4(low.w, high.x, high.y, high.z)',
];

/**
 * One invocation makes one block of the result at one pixel from the two source blocks that it
 * overlaps. Lanes of the result outside the run keep what another dispatch wrote to them (the
 * dispatches of a Concat share their boundary blocks); lanes past the last channel become zero.
 */
export const copyChannels = defineKernel({
  name: 'copy_channels',
  variants: () => variants,
  uniforms: {
    /** images × touchedBlocks × pixels */
    count: 'u32',
    pixels: 'u32',
    /** Blocks of the result that the run touches, and the first of them. */
    touchedBlocks: 'u32',
    firstBlock: 'u32',
    sourceBlocks: 'u32',
    resultBlocks: 'u32',
    /** First channel of the run in the source, and in the result. */
    sourceStart: 'i32',
    resultStart: 'i32',
    /** Channels in the run. */
    channels: 'i32',
    /** Channels of the result. */
    resultChannels: 'i32',
  },
  bindings: ({ word }) => [
    { name: 'source', access: 'read', type: `array<vec4<${word}>>` },
    { name: 'result', access: 'read_write', type: `array<vec4<${word}>>` },
  ],
  workgroupSize: () => lineSize,
  wgsl: ({ word, shift }) => wgsl`
${lineMain}
fn load(image: u32, block: i32, pixel: u32) -> vec4<${word}> {
  if (block < 0 || block >= i32(u.sourceBlocks)) {
    return vec4<${word}>();
  }
  return source[(image * u.sourceBlocks + u32(block)) * u.pixels + pixel];
}
fn invocation(index: u32) {
  let pixel = index % u.pixels;
  let outer = index / u.pixels;
  let block = u.firstBlock + outer % u.touchedBlocks;
  let image = outer / u.touchedBlocks;
  let lanes = vec4<i32>(0, 1, 2, 3) + i32(block) * 4;
  // An arithmetic shift: the first touched block may begin before the source's first channel.
  let sourceBlock = (i32(block) * 4 + u.sourceStart - u.resultStart) >> 2u;
  let low = load(image, sourceBlock, pixel);
#if ${shift > 0}
  let high = load(image, sourceBlock + 1, pixel);
#endif
  let at = (image * u.resultBlocks + block) * u.pixels + pixel;
  let end = u.resultStart + u.channels;
  let mine = (lanes >= vec4<i32>(u.resultStart)) & (lanes < vec4<i32>(end));
  var kept = vec4<${word}>();
  if (!all(mine | (lanes >= vec4<i32>(u.resultChannels)))) {
    kept = select(vec4<${word}>(), result[at], lanes < vec4<i32>(u.resultChannels));
  }
  result[at] = select(kept, ${shifted[shift] ?? ''}, mine);
}
`,
});
