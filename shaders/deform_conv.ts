/**
 * DeformConv: a convolution whose taps are read at positions that `offset` moves, between pixels,
 * and weighed by `mask`.
 *
 * One invocation computes up to `tileChannels` output channels of one group at one output pixel,
 * so that each sample, which is the dear part, is read once for all of them; neighbours compute
 * neighbouring pixels. Bindings, all linear: `source` [N, C, (D,) H, W], `weights`
 * [outC, C / group, taps], `offset` [N, offsetGroups × taps × axes, pixels], `bias` [outC] and
 * `mask` [N, offsetGroups × taps, pixels] or any other buffer, `result` [N, outC, pixels].
 */

import { type FloatElement, floatElements } from './lib/epilogue.ts';
import { defineKernel } from './lib/kernel.ts';
import { axisTaps, interpolation, paddings } from './lib/sample.ts';
import { lines, range } from './lib/unroll.ts';
import { lineMain, lineSize } from './lib/words.ts';

/** Output channels of one invocation. */
export const tileChannels = 8;

export type DeformConvVariant = {
  readonly element: FloatElement;
  /** Axes of the kernel: one axis runs as two, the other of which has one pixel. */
  readonly axes: 2 | 3;
};

export const deformConv = defineKernel({
  name: 'deform_conv',
  variants: () =>
    floatElements.flatMap((element) =>
      ([2, 3] as const).map((axes): DeformConvVariant => ({ element, axes })),
    ),
  uniforms: {
    /** Along x, y, z, then their product; 1 along axes that there are not. */
    size: 'vec4u',
    outSize: 'vec4u',
    kernelShape: 'vec4u',
    strides: 'vec4u',
    dilations: 'vec4u',
    padBegin: 'vec4i',
    /** Invocations: images × groups × tiles × outPixels. */
    count: 'u32',
    /** Values of `offset` for each tap. */
    offsetAxes: 'u32',
    group: 'u32',
    inPerGroup: 'u32',
    outPerGroup: 'u32',
    offsetGroups: 'u32',
    /** Input channels of each offset group. */
    inPerOffset: 'u32',
    /** Input channels of each group that this dispatch sums over. */
    firstChannel: 'u32',
    endChannel: 'u32',
    hasBias: 'u32',
    hasMask: 'u32',
    /** 1: adds to what the result holds. */
    accumulate: 'u32',
  },
  bindings: ({ element }) => [
    ...['source', 'weights', 'offset', 'bias', 'mask'].map((name) => ({
      ...{ name, access: 'read' as const, type: `array<${element}>` },
    })),
    { name: 'result', access: 'read_write', type: `array<${element}>` },
  ],
  workgroupSize: () => lineSize,
  // Over the taps, then the channels with their offset groups.
  iterations: (_, { kernelShape, firstChannel, endChannel }) =>
    kernelShape[3] * tapTurns(endChannel - firstChannel),
  wgsl({ element, axes }) {
    const along = (axis: 'x' | 'y' | 'z', at: number) => `
      let ${axis}s = axisTaps(
        f32(base.${axis}) + select(0.0, f32(offset[place * u.offsetAxes * u.outSize.w + (u.offsetAxes - ${at + 1}u) * u.outSize.w + out]), u.offsetAxes > ${at}u),
        u.size.${axis}, ${paddings.zeros}u);`;
    const each = (body: (channel: number) => string) => lines(range(tileChannels).map(body));
    return `
${lineMain}
${axisTaps(2)}
${interpolation(2, axes)}
fn place3(index: u32, size: vec4<u32>) -> vec3<u32> {
  return vec3<u32>(index, index / size.x, index / size.x / size.y) % size.xyz;
}
fn invocation(index: u32) {
  let out = index % u.outSize.w;
  let tiles = (u.outPerGroup + ${tileChannels - 1}u) / ${tileChannels}u;
  let group = index / u.outSize.w / tiles % u.group;
  let image = index / u.outSize.w / tiles / u.group;
  let firstOut = index / u.outSize.w % tiles * ${tileChannels}u;
  let origin = vec3<i32>(place3(out, u.outSize) * u.strides.xyz) - u.padBegin.xyz;
  let end = group * u.inPerGroup + u.endChannel;
  let taps = u.kernelShape.w;
  let step = u.inPerGroup * taps;
  ${each((channel) => `var sum${channel} = 0.0;`)}
  for (var tap = 0u; tap < taps; tap++) {
    let base = origin + vec3<i32>(place3(tap, u.kernelShape) * u.dilations.xyz);
    var channel = group * u.inPerGroup + u.firstChannel;
    while (channel < end) {
      let offsetGroup = channel / u.inPerOffset;
      let place = (image * u.offsetGroups + offsetGroup) * taps + tap;
${along('x', 0)}${along('y', 1)}${axes === 3 ? along('z', 2) : ''}
      let weight = select(1.0, f32(mask[place * u.outSize.w + out]), u.hasMask != 0u);
      let last = min(end, (offsetGroup + 1u) * u.inPerOffset);
      for (; channel < last; channel++) {
        let plane = (image * u.group * u.inPerGroup + channel) * u.size.w;
        let value = weight * interpolate(plane, u.size.xyz, xs, ys${axes === 3 ? ', zs' : ''});
        // Channels past the group's last read some weight, and are not stored.
        let at = (group * u.outPerGroup + firstOut) * step + (channel - group * u.inPerGroup) * taps + tap;
        ${each((channel) => `sum${channel} += value * f32(weights[at + ${channel}u * step]);`)}
      }
    }
  }
  ${each((channel) => `store(sum${channel}, image, group, firstOut + ${channel}u, out);`)}
}
fn store(sum: f32, image: u32, group: u32, channel: u32, out: u32) {
  if (channel < u.outPerGroup) {
    let own = group * u.outPerGroup + channel;
    let at = (image * u.group * u.outPerGroup + own) * u.outSize.w + out;
    var value = sum;
    if (u.hasBias != 0u) {
      value += f32(bias[own]);
    }
    if (u.accumulate != 0u) {
      value += f32(result[at]);
    }
    result[at] = ${element}(value);
  }
}
`;
  },
});

/** Turns of the loops for one tap of so many channels: each may have an offset group of its own. */
export const tapTurns = (channels: number): number => 3 + 3 * channels;
