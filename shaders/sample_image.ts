/**
 * A picture's box → an image tensor's rectangle, resampled, and what is around it filled; then each
 * channel is a mixture of red, green and blue.
 *
 * Where it enlarges, it is bilinear with half-pixel centres; where it shrinks, the triangle is as
 * wide as two target pixels, so that each takes in all that it covers (antialiased).
 *
 * One invocation makes one pixel of all channels. Bindings: `image`, its colours in [0, 1], with alpha
 * multiplied in where it is an external texture (WebGPU, "GPUExternalTexture"); `result`, linear.
 */

import { defineKernel } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

export type SampleImageVariant = {
  /** Whether pixels lie over `background`, or count as they are whatever their alpha. */
  readonly over: boolean;
  /** Whether the picture is a video's frame, bound as it is. */
  readonly external: boolean;
};

export const sampleImage = defineKernel({
  name: 'sample_image',
  variants: () =>
    [true, false].flatMap((over): SampleImageVariant[] => [
      { over, external: false },
      { over, external: true },
    ]),
  uniforms: {
    /** Left, top, width and height of the texture's part. */
    box: 'vec4f',
    /** Left, top, width and height of the tensor's part. */
    rectangle: 'vec4u',
    /** Colour around the rectangle, and behind the pixels, in [0, 255]. */
    fill: 'vec4f',
    background: 'vec4f',
    /** A channel is red · x + green · y + blue · z + w. */
    first: 'vec4f',
    second: 'vec4f',
    third: 'vec4f',
    /** Pixels of the tensor's image, and those of a row. */
    count: 'u32',
    width: 'u32',
    channels: 'u32',
    channelStride: 'u32',
    pixelStride: 'u32',
  },
  bindings: ({ external }) => [
    external
      ? { name: 'image', access: 'external', type: 'texture_external' }
      : { name: 'image', access: 'texture', type: 'texture_2d<f32>' },
    { name: 'result', access: 'read_write', type: 'array<f32>' },
  ],
  workgroupSize: () => lineSize,
  iterations: (_, { box, rectangle }) => {
    const [columns, rows] = [2, 3].map(
      (at) => Math.ceil(2 * Math.max((box[at] as number) / (rectangle[at] as number), 1)) + 1,
    ) as [number, number];
    return rows * (columns + 2) + 5;
  },
  wgsl: ({ over, external }) => wgsl`
${lineMain}
fn colorAt(at: vec2<u32>) -> vec3<f32> {
#if ${external}
  let texel = textureLoad(image, at);
  let color = texel.xyz / select(texel.w, 1.0, texel.w == 0.0) * 255.0;
#else
  let texel = textureLoad(image, at, 0);
  let color = texel.xyz * 255.0;
#endif
#if ${over}
  return mix(u.background.xyz, color, texel.w);
#else
  return color;
#endif
}
fn resample(place: vec2<u32>) -> vec3<f32> {
  let step = u.box.zw / vec2<f32>(u.rectangle.zw);
  let reach = max(step, vec2<f32>(1.0));
  let centre = u.box.xy + (vec2<f32>(place) + 0.5) * step;
  let end = vec2<f32>(textureDimensions(image));
  let start = vec2<u32>(clamp(floor(centre - reach + 0.5), vec2<f32>(0.0), end));
  let stop = vec2<u32>(clamp(floor(centre + reach + 0.5), vec2<f32>(0.0), end));
  var sum = vec3<f32>(0.0);
  var total = 0.0;
  for (var y = start.y; y < stop.y; y++) {
    let rowWeight = max(0.0, 1.0 - abs(f32(y) + 0.5 - centre.y) / reach.y);
    for (var x = start.x; x < stop.x; x++) {
      let weight = rowWeight * max(0.0, 1.0 - abs(f32(x) + 0.5 - centre.x) / reach.x);
      sum += weight * colorAt(vec2<u32>(x, y));
      total += weight;
    }
  }
  return sum / total;
}
fn invocation(index: u32) {
  // Left of the rectangle and above it, a difference is a huge number.
  let place = vec2<u32>(index % u.width, index / u.width) - u.rectangle.xy;
  var color = u.fill.xyz;
  if (all(place < u.rectangle.zw)) {
    color = resample(place);
  }
  var rows = array<vec4<f32>, 3>(u.first, u.second, u.third);
  for (var channel = 0u; channel < u.channels; channel++) {
    let row = rows[channel];
    result[index * u.pixelStride + channel * u.channelStride] = dot(row.xyz, color) + row.w;
  }
}
`,
});
