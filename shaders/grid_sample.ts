/**
 * GridSample: every output reads the input at the position that the grid names, between pixels.
 *
 * One invocation computes up to `blockChannels` channels of one output pixel, for which the grid
 * is read once; neighbours compute neighbouring pixels. Bindings, all linear: `source`
 * [N, C, (D, H,) W], `grid` [N, (D', H',) W', axes] with x first, `result` [N, C, (D', H',) W'].
 */

import { defineKernel } from './lib/kernel.ts';
import { axisTaps, interpolation, pixel, type TapCount } from './lib/sample.ts';
import { lineMain, lineSize } from './lib/words.ts';

/** Channels of one invocation. */
export const blockChannels = 4;

export type GridSampleVariant = {
  readonly taps: TapCount;
  /** Axes of the kernel: one axis runs as two, the other of which has one pixel. */
  readonly axes: 2 | 3;
  /** With one tap elements are moved as words: `u32` is then any type of four bytes. */
  readonly element: 'f32' | 'f16' | 'u32';
  readonly grid: 'f32' | 'f16';
};

const variants: GridSampleVariant[] = ([1, 2, 4] as const).flatMap((taps) =>
  ([2, 3] as const).flatMap((axes) =>
    (['f32', 'f16', 'u32'] as const)
      .filter((element) => element === 'f16' || (element === 'u32') === (taps === 1))
      .flatMap((element) =>
        (['f32', 'f16'] as const).map((grid) => ({ taps, axes, element, grid })),
      ),
  ),
);

export const gridSample = defineKernel({
  name: 'grid_sample',
  variants: () => variants,
  uniforms: {
    /** Pixels of the input along x, y, z, and of a plane; 1 along axes that it lacks. */
    size: 'vec4u',
    /** Position = scale · grid + offset, along x, y, z. */
    scale: 'vec4f',
    offset: 'vec4f',
    /** Invocations: images × blocks of channels × outPixels. */
    count: 'u32',
    channels: 'u32',
    outPixels: 'u32',
    /** Values of the grid for each pixel. */
    gridAxes: 'u32',
    /** One of `paddings`. */
    padding: 'u32',
  },
  bindings: ({ element, grid }) => [
    { name: 'source', access: 'read', type: `array<${element}>` },
    { name: 'grid', access: 'read', type: `array<${grid}>` },
    { name: 'result', access: 'read_write', type: `array<${element}>` },
  ],
  workgroupSize: () => lineSize,
  wgsl({ taps, axes, element }) {
    const along = (axis: 'x' | 'y' | 'z', at: number) => `
  let ${axis}s = axisTaps(
    u.offset.${axis} + u.scale.${axis} * select(0.0, f32(grid[place + ${at}u]), u.gridAxes > ${at}u),
    u.size.${axis}, u.padding);`;
    const value =
      taps === 1
        ? `pixel(plane, u.size.xyz, xs.at, ys.at, ${axes === 3 ? 'zs.at' : '0'})`
        : `${element}(interpolate(plane, u.size.xyz, xs, ys${axes === 3 ? ', zs' : ''}))`;
    return `
${lineMain}
${axisTaps(taps)}
${taps === 1 ? pixel(element) : interpolation(taps, axes)}
fn invocation(index: u32) {
  let out = index % u.outPixels;
  let blocks = (u.channels + ${blockChannels - 1}u) / ${blockChannels}u;
  let image = index / u.outPixels / blocks;
  let first = index / u.outPixels % blocks * ${blockChannels}u;
  let place = (image * u.outPixels + out) * u.gridAxes;
${along('x', 0)}${along('y', 1)}${axes === 3 ? along('z', 2) : ''}
  for (var channel = first; channel < min(first + ${blockChannels}u, u.channels); channel++) {
    let plane = (image * u.channels + channel) * u.size.w;
    result[(image * u.channels + channel) * u.outPixels + out] = ${value};
  }
}
`;
  },
});
