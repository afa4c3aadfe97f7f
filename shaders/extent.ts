/**
 * The smallest and the largest finite value of each group of elements: of a whole image, or of each
 * of its channels. Elements first, one pair for each part of a group, then the parts' pairs.
 *
 * One workgroup folds one part of one group. Bindings: `source`, elements or (smallest, largest) of
 * parts; `result` [groups, parts]. A group without finite values has its smallest above its largest.
 */

import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineSize } from './lib/words.ts';

export type ExtentVariant = { readonly stage: 'values' | 'parts' };

const variants: readonly ExtentVariant[] = [{ stage: 'values' }, { stage: 'parts' }];

export const extent = defineKernel({
  name: 'extent',
  variants: () => variants,
  uniforms: {
    groups: 'u32',
    /** Parts that a group is folded in. */
    parts: 'u32',
    /** Elements of a group. */
    size: 'u32',
    /** Where the first group begins in `source`, and how far groups and elements are apart. */
    start: 'u32',
    groupStride: 'u32',
    stride: 'u32',
  },
  bindings: ({ stage }) => [
    {
      name: 'source',
      access: 'read',
      type: stage === 'values' ? 'array<f32>' : 'array<vec2<f32>>',
    },
    { name: 'result', access: 'read_write', type: 'array<vec2<f32>>' },
  ],
  workgroupSize: () => lineSize,
  workgroupBytes: () => lineSize[0] * 8,
  iterations: (_, { size, parts }) => Math.ceil(size / (parts * lineSize[0])) + 8,
  wgsl: ({ stage }) => wgsl`
var<workgroup> folded: array<vec2<f32>, workgroupX>;

/** The largest finite f32. */
const most = 3.4028234663852886e38;

fn join(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(min(a.x, b.x), max(a.y, b.y));
}
${flatIndex}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts);
  let group = index / u.parts;
  var extent = vec2<f32>(most, -most);
  // Past the last group nothing is read, so that all invocations meet at the barriers.
  let size = select(0u, u.size, group < u.groups);
  let first = u.start + group * u.groupStride;
  for (var at = (index % u.parts) * workgroupX + local; at < size; at += u.parts * workgroupX) {
    let value = source[first + at * u.stride];
#if ${stage === 'values'}
    // Neither NaN nor an infinity: their exponent bits are all ones.
    if ((bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u) {
      extent = join(extent, vec2<f32>(value));
    }
#else
    extent = join(extent, value);
#endif
  }
  folded[local] = extent;
  for (var half = workgroupX / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      folded[local] = join(folded[local], folded[local + half]);
    }
  }
  if (local == 0u && group < u.groups) {
    result[index] = folded[0];
  }
}
`,
});
