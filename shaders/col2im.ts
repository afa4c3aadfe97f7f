/**
 * Col2Im: blocks of columns added up where they overlap in the image.
 *
 * One invocation gathers one element of the image: for each tap of the block, the column whose
 * block has that tap there. Bindings, linear: `source` [N × C, taps, columns], `result`
 * [N × C, pixels]. Axes are innermost first.
 */

import { type FloatElement, floatElements } from './lib/epilogue.ts';
import { defineKernel } from './lib/kernel.ts';
import { lineMain, lineSize } from './lib/words.ts';

/** Spatial axes that the kernel walks over at most. */
export const maxColumnAxes = 4;

export type Col2ImVariant = { readonly element: FloatElement };

export const col2im = defineKernel({
  name: 'col2im',
  variants: () => floatElements.map((element): Col2ImVariant => ({ element })),
  uniforms: {
    image: 'vec4u',
    block: 'vec4u',
    /** Positions of the block along each axis. */
    columns: 'vec4u',
    strides: 'vec4u',
    dilations: 'vec4u',
    padBegin: 'vec4u',
    /** Invocations: N × C × pixels. */
    count: 'u32',
    axes: 'u32',
    pixels: 'u32',
    /** Taps of the block, and all positions of it. */
    taps: 'u32',
    columnCount: 'u32',
    /** Taps that this dispatch adds up. */
    firstTap: 'u32',
    endTap: 'u32',
    /** 1: adds to what the result holds. */
    accumulate: 'u32',
  },
  bindings: ({ element }) => [
    { name: 'source', access: 'read', type: `array<${element}>` },
    { name: 'result', access: 'read_write', type: `array<${element}>` },
  ],
  workgroupSize: () => lineSize,
  iterations: (_, { firstTap, endTap, axes }) => (endTap - firstTap) * columnTurns(axes) + axes + 2,
  wgsl: ({ element }) => `
${lineMain}
fn invocation(index: u32) {
  let plane = index / u.pixels;
  var at = vec4<u32>();
  var rest = index % u.pixels;
  for (var axis = 0u; axis < u.axes; axis++) {
    at[axis] = rest % u.image[axis] + u.padBegin[axis];
    rest /= u.image[axis];
  }
  var sum = 0.0;
  for (var tap = u.firstTap; tap < u.endTap; tap++) {
    rest = tap;
    var inside = true;
    var column = 0u;
    var step = 1u;
    for (var axis = 0u; axis < u.axes; axis++) {
      let before = rest % u.block[axis] * u.dilations[axis];
      rest /= u.block[axis];
      let distance = at[axis] - before;
      let place = distance / u.strides[axis];
      inside = inside && at[axis] >= before && distance % u.strides[axis] == 0u && place < u.columns[axis];
      column += place * step;
      step *= u.columns[axis];
    }
    if (inside) {
      sum += f32(source[(plane * u.taps + tap) * u.columnCount + column]);
    }
  }
  if (u.accumulate != 0u) {
    sum += f32(result[index]);
  }
  result[index] = ${element}(sum);
}
`,
});

/** Turns of the loops for one tap. */
export const columnTurns = (axes: number): number => axes + 2;
