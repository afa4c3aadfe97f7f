/** Linear to C4 and back, on words: bit-exact for every float type. Unused lanes get zeros. */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

type ConvertVariant = {
  readonly to: 'c4' | 'linear';
  readonly word: 'u32' | 'f16';
  /** The plane's size is a multiple of four: an invocation moves 4 pixels × 4 channels. */
  readonly quad: boolean;
};

const variants: ConvertVariant[] = (['c4', 'linear'] as const).flatMap((to) =>
  (['u32', 'f16'] as const).flatMap((word) =>
    [false, true].map((quad): ConvertVariant => ({ to, word, quad })),
  ),
);

/**
 * One invocation moves one block of four channels at one pixel (or, in quads, at four pixels, so
 * that both sides are read and written as vec4). `planar` is the linear side: `[N, C, pixels]`,
 * in quads as vec4 of pixels; `blocks` is the C4 side.
 */
export const convertLayout = defineKernel({
  name: 'convert_layout',
  variants: () => variants,
  uniforms: {
    /** Invocations with work. */
    count: 'u32',
    channels: 'u32',
    channelBlocks: 'u32',
    /** Size of a plane; in quads, a quarter of it. */
    pixels: 'u32',
  },
  bindings: ({ to, word, quad }) => {
    const linear = { name: 'planar', type: quad ? `array<vec4<${word}>>` : `array<${word}>` };
    const c4 = { name: 'blocks', type: `array<vec4<${word}>>` };
    const [from, into] = to === 'c4' ? [linear, c4] : [c4, linear];
    return [
      { ...from, access: 'read' },
      { ...into, access: 'read_write' },
    ];
  },
  workgroupSize: () => lineSize,
  wgsl: ({ to, word, quad }) => wgsl`
alias Plane = ${quad ? `vec4<${word}>` : word};
${lineMain}
fn invocation(index: u32) {
  let pixel = index % u.pixels;
  let block = index / u.pixels;
  // Channels of this block, and the address of the first one's plane.
  let first = (block % u.channelBlocks) * 4u;
  let here = ((block / u.channelBlocks) * u.channels + first) * u.pixels + pixel;
  let lanes = min(u.channels - first, 4u);
#if ${to === 'c4'}
  var plane: array<Plane, 4>;
  for (var lane = 0u; lane < lanes; lane++) {
    plane[lane] = planar[here + lane * u.pixels];
  }
#if ${quad}
  let at = block * u.pixels * 4u + pixel * 4u;
  for (var i = 0u; i < 4u; i++) {
    blocks[at + i] = vec4<${word}>(plane[0][i], plane[1][i], plane[2][i], plane[3][i]);
  }
#else
  blocks[index] = vec4<${word}>(plane[0], plane[1], plane[2], plane[3]);
#endif
#else
#if ${quad}
  let at = block * u.pixels * 4u + pixel * 4u;
  let a = blocks[at];
  let b = blocks[at + 1u];
  let c = blocks[at + 2u];
  let d = blocks[at + 3u];
  for (var lane = 0u; lane < lanes; lane++) {
    planar[here + lane * u.pixels] = vec4<${word}>(a[lane], b[lane], c[lane], d[lane]);
  }
#else
  let value = blocks[index];
  for (var lane = 0u; lane < lanes; lane++) {
    planar[here + lane * u.pixels] = value[lane];
  }
#endif
#endif
}
`,
});
