/**
 * Integers of 8 bits, which lie widened to 32, as words of four neighbouring channels: what
 * `dot4I8Packed` takes. Unsigned ones are stored less 128, so that all are signed. Lanes past the
 * last channel are zero.
 *
 * `result` is `[outer][outBlock][channelBlock][inner][outLane]`; the other variant sums what is
 * stored over channels and `inner`: `[outer][out]`.
 */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lines, range } from './lib/unroll.ts';
import { lineMain, lineSize } from './lib/words.ts';

export interface PackIntegersVariant {
  readonly [field: string]: boolean;
  readonly sums: boolean;
}

const uniforms = {
  /** Words of the result. */
  count: 'u32',
  outBlocks: 'u32',
  /** Output channels of a block: 4 in weights, 1 in a source, which has none. */
  outLanes: 'u32',
  channelBlocks: 'u32',
  /** Pixels of a source, taps of weights. */
  inner: 'u32',
  /** Of one `outer`. */
  outs: 'u32',
  channels: 'u32',
  outerStride: 'u32',
  outStride: 'u32',
  channelStride: 'u32',
  innerStride: 'u32',
  /** 128 where the integers are unsigned, else 0. */
  offset: 'i32',
} as const;

export const packIntegers = defineKernel<PackIntegersVariant, typeof uniforms>({
  name: 'pack_integers',
  variants: () => [{ sums: false }, { sums: true }],
  uniforms,
  bindings: ({ sums }) => [
    { name: 'source', access: 'read', type: 'array<i32>' },
    { name: 'result', access: 'read_write', type: sums ? 'array<i32>' : 'array<u32>' },
  ],
  workgroupSize: () => lineSize,
  iterations: ({ sums }, { channelBlocks, inner }) => (sums ? (channelBlocks + 1) * inner + 1 : 0),
  wgsl: ({ sums }) => wgsl`
${lineMain}
fn element(base: u32, channel: u32) -> i32 {
  if (channel >= u.channels) {
    return 0;
  }
  return source[base + channel * u.channelStride] - u.offset;
}
#if ${sums}
fn invocation(index: u32) {
  let base = index / u.outs * u.outerStride + index % u.outs * u.outStride;
  var sum = 0;
  for (var inner = 0u; inner < u.inner; inner++) {
    let at = base + inner * u.innerStride;
    for (var channel = 0u; channel < u.channels; channel += 4u) {
      ${lines(range(4).map((lane) => `sum += element(at, channel + ${lane}u);`))}
    }
  }
  result[index] = sum;
}
#else
fn invocation(index: u32) {
  var rest = index / u.outLanes;
  let inner = rest % u.inner;
  rest /= u.inner;
  let channel = rest % u.channelBlocks * 4u;
  rest /= u.channelBlocks;
  let out = rest % u.outBlocks * u.outLanes + index % u.outLanes;
  let outer = rest / u.outBlocks;
  let base = outer * u.outerStride + out * u.outStride + inner * u.innerStride;
  var word = 0u;
  if (out < u.outs) {
    ${lines(
      range(4).map(
        (lane) =>
          `word |= (bitcast<u32>(element(base, channel + ${lane}u)) & 255u) << ${8 * lane}u;`,
      ),
    )}
  }
  result[index] = word;
}
#endif
`,
});
