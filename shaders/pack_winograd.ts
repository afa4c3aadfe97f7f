/**
 * Winograd's weight transform G g Gᵀ of `[O, I, 3, 3]`, in f32 whatever the weights' type, to
 * `[(m + 2)²][outBlock][inBlock]` of 4×4 (see `pack_conv`): the weights of a batched product.
 *
 * One invocation transforms one input channel's weights for four output channels. Bindings: `raw`
 * linear, `result` packed.
 */

import { type FloatElement, floatElements } from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lines, range } from './lib/unroll.ts';
import { pairedRows, type WinogradSize, winogradMatrices, winogradSizes } from './lib/winograd.ts';

export type PackWinogradVariant = { readonly size: WinogradSize; readonly element: FloatElement };

export const packWinograd = defineKernel({
  name: 'pack_winograd',
  variants: (): PackWinogradVariant[] =>
    winogradSizes.flatMap((size) => floatElements.map((element) => ({ size, element }))),
  uniforms: {
    outChannels: 'u32',
    inChannels: 'u32',
    /** Vectors of one matrix: outBlocks × inBlocks × 4. */
    vectors: 'u32',
  },
  bindings: ({ element }) => [
    { name: 'raw', access: 'read', type: `array<${element}>` },
    { name: 'result', access: 'read_write', type: 'array<vec4<f32>>' },
  ],
  workgroupSize: () => [64, 1, 1],
  wgsl({ size }) {
    const { weight } = winogradMatrices(size);
    const side = range(size + 2);
    return wgsl`
${flatIndex}
// A tap of one input channel for four output channels; zero past the last ones.
fn tap(outChannel: u32, inChannel: u32, at: u32) -> vec4<f32> {
  var value = vec4<f32>(0.0);
  if (inChannel < u.inChannels) {
    for (var lane = 0u; lane < min(4u, u.outChannels - outChannel); lane++) {
      value[lane] = f32(raw[((outChannel + lane) * u.inChannels + inChannel) * 9u + at]);
    }
  }
  return value;
}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.vectors) {
    return;
  }
  let inBlocks = (u.inChannels + 3u) / 4u;
  let outChannel = index / 4u / inBlocks * 4u;
  let inChannel = index / 4u % inBlocks * 4u + index % 4u;
  ${lines(
    range(3).map((x) =>
      lines([
        ...range(3).map((y) => `let g${y}_${x} = tap(outChannel, inChannel, ${3 * y + x}u);`),
        pairedRows(
          weight,
          range(3).map((y) => `g${y}_${x}`),
          (row) => `t${row}_${x}`,
        ),
      ]),
    ),
  )}
  ${lines(
    side.map((y) =>
      lines([
        pairedRows(
          weight,
          range(3).map((x) => `t${y}_${x}`),
          (column) => `v${y}_${column}`,
        ),
        ...side.map((x) => `result[${y * (size + 2) + x}u * u.vectors + index] = v${y}_${x};`),
      ]),
    ),
  )}
}
`;
  },
});
