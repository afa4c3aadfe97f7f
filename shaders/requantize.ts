/**
 * Exact sums into quantised numbers, in place: y = saturate(round((sum + bias) · xScale · wScale /
 * yScale) + yZero). The result is `[outer][row][column]`; its types have the same bits in i32 and
 * u32.
 */

import { defineKernel } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

export interface RequantizeVariant {
  readonly [field: string]: string;
  readonly scale: 'f32' | 'f16';
}

const uniforms = {
  count: 'u32',
  rows: 'u32',
  columns: 'u32',
  /** Strides by row and column of the scales of x, w and y; y's zero point has those of its scale. */
  rowStrides: 'vec4u',
  columnStrides: 'vec4u',
  /** One bias for each row. */
  hasBias: 'u32',
  low: 'f32',
  high: 'f32',
} as const;

export const requantize = defineKernel<RequantizeVariant, typeof uniforms>({
  name: 'requantize',
  variants: () => [{ scale: 'f32' }, { scale: 'f16' }],
  uniforms,
  bindings: ({ scale }) => [
    { name: 'xScales', access: 'read', type: `array<${scale}>` },
    { name: 'wScales', access: 'read', type: `array<${scale}>` },
    { name: 'yScales', access: 'read', type: `array<${scale}>` },
    { name: 'yZeros', access: 'read', type: 'array<i32>' },
    { name: 'bias', access: 'read', type: 'array<i32>' },
    // For each outer: the first scale of x, w and y.
    { name: 'places', access: 'read', type: 'array<vec4<u32>>' },
    { name: 'result', access: 'read_write', type: 'array<i32>' },
  ],
  workgroupSize: () => lineSize,
  wgsl: () => wgsl`
${lineMain}
${nanFunctions}
fn invocation(index: u32) {
  let line = index / u.columns;
  let row = line % u.rows;
  let at = places[line / u.rows] + row * u.rowStrides + index % u.columns * u.columnStrides;
  var sum = result[index];
  if (u.hasBias != 0u) {
    sum += bias[row];
  }
  let factor = f32(xScales[at.x]) * f32(wScales[at.y]) / f32(yScales[at.z]);
  let scaled = f32(sum) * factor;
  let zero = yZeros[at.z];
  let whole = round(select(scaled, 0.0, isNan(scaled)));
  result[index] = i32(clamp(whole, u.low - f32(zero), u.high - f32(zero))) + zero;
}
`,
});
