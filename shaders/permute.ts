/**
 * A tensor with its axes in another order, from or to C4: what Reshape, Transpose, Reshape is for
 * images (a channel shuffle, depth to space, NCHW to NHWC), without a conversion before or after.
 */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

/** Words (or, in C4, blocks) of a row that an invocation makes at most. */
export const permuteRuns = 4;

/** Axes that a row's number, or the place in a row, is made of at most. */
export const mostAxes = 4;

type PermuteVariant = {
  readonly from: 'c4' | 'linear';
  readonly to: 'c4' | 'linear';
  readonly word: 'u32' | 'f16';
  /** Axes of a row's number, and of the place in a row. */
  readonly outer: number;
  readonly inner: number;
};

const axisCounts = [1, 2, 3, 4] satisfies readonly number[];

const variants: PermuteVariant[] = (
  [
    ['c4', 'c4'],
    ['c4', 'linear'],
    ['linear', 'c4'],
  ] as const
).flatMap(([from, to]) =>
  (['u32', 'f16'] as const).flatMap((word) =>
    axisCounts.flatMap((outer) =>
      axisCounts.map((inner): PermuteVariant => ({ from, to, word, outer, inner })),
    ),
  ),
);

/**
 * The result is rows: planes, or, where it is no image, runs along the innermost axis. One invocation
 * makes up to `permuteRuns` places of a row (in C4 of four rows, the channels of a block),
 * `rowInvocations` apart: the divisions that find the row are paid once for all of them.
 *
 * An axis is its size and what a step along it is in the source: images, channels and pixels where
 * that is C4, so that no address there needs a division; words, as pixels, where it is linear.
 * Innermost axis first.
 */
export const permute = defineKernel({
  name: 'permute',
  variants: () => variants,
  uniforms: {
    outerA: 'vec4u',
    outerB: 'vec4u',
    outerC: 'vec4u',
    outerD: 'vec4u',
    innerA: 'vec4u',
    innerB: 'vec4u',
    innerC: 'vec4u',
    innerD: 'vec4u',
    /** Invocations with work: rows (of blocks) × rowInvocations. */
    count: 'u32',
    rowInvocations: 'u32',
    /** Places of a row. */
    places: 'u32',
    /** Of the result, where it is C4. */
    channels: 'u32',
    blocks: 'u32',
    /** Of the source, where it is C4. */
    sourceBlocks: 'u32',
    sourcePixels: 'u32',
  },
  bindings: ({ to, word }) => [
    // Its elements one by one, blocks or not.
    { name: 'source', access: 'read', type: `array<${word}>` },
    {
      name: 'result',
      access: 'read_write',
      type: to === 'c4' ? `array<vec4<${word}>>` : `array<${word}>`,
    },
  ],
  workgroupSize: () => lineSize,
  wgsl: ({ from, to, word, outer, inner }) => wgsl`
${lineMain}
fn rowStart(row: u32) -> vec3<u32> {
${axisSteps('outer', 'row', outer)}
}
fn placeStart(place: u32) -> vec3<u32> {
${axisSteps('inner', 'place', inner)}
}
fn address(at: vec3<u32>) -> u32 {
#if ${from === 'c4'}
  return ((at.x * u.sourceBlocks + at.y / 4u) * u.sourcePixels + at.z) * 4u + at.y % 4u;
#else
  return at.z;
#endif
}
fn invocation(index: u32) {
  let first = index % u.rowInvocations;
  let row = index / u.rowInvocations;
#if ${to === 'c4'}
  let channel = (row % u.blocks) * 4u;
  let plane = (row / u.blocks) * u.channels + channel;
  // Unused lanes read where the last channel lies, and are zero.
  let last = plane + min(u.channels - channel, 4u) - 1u;
${eachLane((lane) => `  let start${lane} = rowStart(min(plane + ${lane}u, last));`)}
#else
  let start = rowStart(row);
#endif
  for (var run = 0u; run < ${permuteRuns}u; run++) {
    let place = first + run * u.rowInvocations;
    if (place < u.places) {
      let offset = placeStart(place);
#if ${to === 'c4'}
      let value = vec4<${word}>(
${eachLane((lane) => `        source[address(start${lane} + offset)],`)}
      );
      let isUsed = vec4<u32>(0u, 1u, 2u, 3u) + plane <= vec4<u32>(last);
      result[row * u.places + place] = select(vec4<${word}>(), value, isUsed);
#else
      result[row * u.places + place] = source[address(start + offset)];
#endif
    }
  }
}
`,
});

function eachLane(line: (lane: number) => string): string {
  return [0, 1, 2, 3].map(line).join('\n');
}

/** Decomposes an index into coordinates; the outermost needs no division. */
function axisSteps(axes: 'outer' | 'inner', index: string, count: number): string {
  const field = (axis: number) => `u.${axes}${'ABCD'[axis]}`;
  const steps = ['  var at = vec3<u32>(0u);', `  var rest = ${index};`];
  for (let axis = 0; axis < count - 1; axis++) {
    steps.push(`  at += (rest % ${field(axis)}.x) * ${field(axis)}.yzw;`);
    steps.push(`  rest /= ${field(axis)}.x;`);
  }
  return [...steps, `  return at + rest * ${field(count - 1)}.yzw;`].join('\n');
}
