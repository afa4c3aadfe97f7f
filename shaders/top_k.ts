/**
 * TopK by merging: short runs of a row are ordered by counting, then sorted runs are merged in
 * pairs, of which only the first k elements go on. Lists hold indices; the values stay where they are.
 */

import { defineKernel, type Element } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

/** Longest run that is ordered by counting: every element is compared with every other. */
export const longestCounted = 1024;

type TopKVariant = { readonly step: 'count' | 'merge'; readonly element: Element };

const variants: TopKVariant[] = (['count', 'merge'] as const).flatMap((step) =>
  (['f32', 'f16', 'i32', 'u32'] as const).map((element): TopKVariant => ({ step, element })),
);

/**
 * Keys that are compared as u32. Of floats: the bits in the order of the numbers, both zeros alike
 * and NaN above infinity.
 */
function keySource(element: Element): string {
  if (element === 'u32') return 'return x ^ u.flip;';
  if (element === 'i32') return 'return bitcast<u32>(x) ^ 0x80000000u ^ u.flip;';
  return `let bits = bitcast<u32>(f32(x));
  let magnitude = bits & 0x7fffffffu;
  var key = select(bits, ~bits, bits > 0x7fffffffu) ^ select(0u, 0x80000000u, bits <= 0x7fffffffu);
  key = select(key, 0x80000000u, magnitude == 0u);
  return select(key, 0xffffffffu, magnitude > 0x7f800000u) ^ u.flip;`;
}

/**
 * One invocation finds the place of one element in its run: how many go before it. Of equal ones
 * those with the lower index do. Tensors are [outer, length, inner], x as well as the lists.
 */
export const topK = defineKernel({
  name: 'top_k',
  variants: () => variants,
  uniforms: {
    /** Elements of the list that comes in. */
    count: 'u32',
    inner: 'u32',
    /** Length of the axis in x, in the list that comes in, and in the one that goes out. */
    axis: 'u32',
    length: 'u32',
    resultLength: 'u32',
    /** Length of a run that comes in, and of one that goes out. */
    run: 'u32',
    kept: 'u32',
    /** All bits, where the smallest go first. */
    flip: 'u32',
  },
  bindings: ({ step, element }) => [
    { name: 'x', access: 'read', type: `array<${element}>` },
    { name: 'result', access: 'read_write', type: 'array<i32>' },
    ...(step === 'merge' ? ([{ name: 'list', access: 'read', type: 'array<i32>' }] as const) : []),
  ],
  workgroupSize: () => lineSize,
  iterations: ({ step }) => (step === 'count' ? longestCounted + 1 : 33),
  wgsl: ({ step, element }) => wgsl`
${lineMain}
fn keyOf(x: ${element}) -> u32 {
  ${keySource(element)}
}
// The element at a place of the list: its index on the axis.
fn indexAt(outer: u32, at: u32, inner: u32) -> u32 {
#if ${step === 'merge'}
  return u32(list[(outer * u.length + at) * u.inner + inner]);
#else
  return at;
#endif
}
fn keyAt(outer: u32, at: u32, inner: u32) -> u32 {
  return keyOf(x[(outer * u.axis + indexAt(outer, at, inner)) * u.inner + inner]);
}
fn invocation(index: u32) {
  let inner = index % u.inner;
  let at = (index / u.inner) % u.length;
  let outer = index / u.inner / u.length;
  let own = keyAt(outer, at, inner);
  let run = at / u.run;
#if ${step === 'merge'}
  // The other run of the pair is sorted: search it for the first element that goes after this one.
  let start = (run ^ 1u) * u.run;
  var low = min(start, u.length);
  var high = min(start + u.run, u.length);
  while (low < high) {
    let middle = (low + high) / 2u;
    let other = keyAt(outer, middle, inner);
    if (other > own || (other == own && middle < at)) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  let place = at - run * u.run + low - min(start, u.length);
  let resultRun = run / 2u;
#else
  var place = 0u;
  let end = min((run + 1u) * u.run, u.length);
  for (var middle = run * u.run; middle < end; middle++) {
    let other = keyAt(outer, middle, inner);
    place += select(0u, 1u, other > own || (other == own && middle < at));
  }
  let resultRun = run;
#endif
  if (place < u.kept) {
    let to = resultRun * u.kept + place;
    result[(outer * u.resultLength + to) * u.inner + inner] = i32(indexAt(outer, at, inner));
  }
}
`,
});
