/**
 * Pooling of regions of interest: RoiAlign's average or maximum of samples between pixels, and
 * MaxRoiPool's maximum over whole pixels.
 *
 * One invocation computes one output; neighbours compute neighbouring bins of one region and
 * channel. Bindings, all linear: `source` [N, C, H, W], `rois` [R, 4] (x1, y1, x2, y2), or [R, 5]
 * after the image for `pixels`, `images` [R] or any other buffer, `result` [R, C, bins].
 */

import { type FloatElement, floatElements } from './lib/epilogue.ts';
import { defineKernel } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { axisTaps, interpolation, paddings } from './lib/sample.ts';
import { lineMain, lineSize } from './lib/words.ts';

export type RoiPooling = 'average' | 'greatest' | 'pixels';

export type RoiPoolVariant = { readonly pooling: RoiPooling; readonly element: FloatElement };

const uniforms = {
  /** Width, height, pixels of a plane, images of the input. */
  size: 'vec4u',
  /** Bins along x and y, and of a region. */
  bins: 'vec4u',
  /** Invocations: regions × channels × bins. */
  count: 'u32',
  channels: 'u32',
  scale: 'f32',
  /** RoiAlign: how far positions are shifted to pixel centres; 0 also makes regions 1 × 1 at least. */
  shift: 'f32',
  /** RoiAlign: samples of a bin along each axis; 0 lets the region's size decide. */
  samples: 'u32',
  /** Samples or pixels of a bin along x and y that can lie in the image, at the most. */
  mostX: 'u32',
  mostY: 'u32',
  /** Rows of a bin, of those that can lie in the image, that this dispatch reads. */
  firstRow: 'u32',
  endRow: 'u32',
  /** 1: adds to what the result holds, or takes the greater. */
  accumulate: 'u32',
  /** Bits of −∞. */
  lowest: 'u32',
} as const;

const samples = `
// What can lie in the image of \`count\` samples of a bin, from low on, step apart.
struct Samples { low: f32, step: f32, count: i32, first: i32, end: i32, outside: bool }
fn samplesOf(lower: f32, upper: f32, bin: u32, bins: u32, size: u32, most: u32) -> Samples {
  let start = lower * u.scale - u.shift;
  var extent = upper * u.scale - u.shift - start;
  if (u.shift == 0.0) {
    extent = max(extent, 1.0);
  }
  let length = extent / f32(bins);
  var count = i32(u.samples);
  if (count == 0) {
    // Upwards exactly: a quotient may be an ulp above its integer.
    let guess = clamp(ceil(length), 0.0, 1e9);
    count = i32(guess);
    if ((guess - 1.0) * f32(bins) >= extent) {
      count -= 1;
    } else if (guess * f32(bins) < extent) {
      count += 1;
    }
  }
  let step = length / f32(max(count, 1));
  let low = start + f32(bin) * length + 0.5 * step;
  // Step is not negative where there are several samples that it sorts.
  let before = select(0.0, (-1.0 - low) / step, step > 0.0);
  let after = select(1e9, (f32(size) - low) / step, step > 0.0);
  let first = clamp(i32(clamp(floor(before), 0.0, 1e9)) - 1, 0, max(count, 0));
  let reached = clamp(i32(clamp(ceil(after), 0.0, 1e9)) + 2, first, max(count, first));
  let end = min(reached, first + i32(most));
  return Samples(low, step, count, first, end, first > 0 || end < count);
}
fn isOutside(position: f32, size: u32) -> bool {
  return position < -1.0 || position > f32(size);
}
fn tapsAt(position: f32, size: u32) -> Taps {
  let inside = select(clamp(position, 0.0, f32(size - 1u)), position, isNan(position));
  return axisTaps(inside, size, ${paddings.border}u);
}
`;

const pixelBins = `
fn roundAway(x: f32) -> i32 {
  return i32(clamp(sign(x) * floor(abs(x) + 0.5), -1e9, 1e9));
}
// First and end of the pixels of a bin, which has a share of the region's and may overlap others.
fn pixelsOf(lower: f32, upper: f32, bin: u32, bins: u32, size: u32) -> vec2<i32> {
  let start = clamp(roundAway(lower * u.scale), -(1 << 24u), 1 << 24u);
  let extent = u32(max(clamp(roundAway(upper * u.scale), -(1 << 24u), 1 << 24u) - start + 1, 1));
  let whole = extent / bins;
  let rest = extent % bins;
  let low = start + i32(bin * whole + bin * rest / bins);
  let high = start + i32((bin + 1u) * whole + ((bin + 1u) * rest + bins - 1u) / bins);
  return clamp(vec2<i32>(low, high), vec2<i32>(0), vec2<i32>(i32(size)));
}
`;

const imageOfRegion = `
  // Nothing is where a corner, or the image, is NaN.
  let picture = f32(rois[region * 5u]);
  var image = i32(clamp(picture, -1.0, f32(u.size.w)));
  for (var at = 0u; at < 5u; at++) {
    image = select(image, -1, isNan(f32(rois[region * 5u + at])));
  }`;

const greater = `
// NaN is the greatest.
fn greater(a: f32, b: f32) -> f32 {
  return select(select(b, a, a > b), select(b, a, isNan(a)), isNan(a) || isNan(b));
}
`;

export const roiPool = defineKernel<RoiPoolVariant, typeof uniforms>({
  name: 'roi_pool',
  variants: () =>
    floatElements.flatMap((element) =>
      (['average', 'greatest', 'pixels'] as const).map((pooling) => ({ pooling, element })),
    ),
  uniforms,
  bindings: ({ pooling, element }) => [
    { name: 'source', access: 'read', type: `array<${element}>` },
    { name: 'rois', access: 'read', type: `array<${element}>` },
    ...(pooling === 'pixels'
      ? []
      : [{ name: 'images', access: 'read' as const, type: 'array<i32>' }]),
    { name: 'result', access: 'read_write', type: `array<${element}>` },
  ],
  workgroupSize: () => lineSize,
  iterations: (_, { firstRow, endRow, mostX }) => (endRow - firstRow) * rowTurns(mostX) + 6,
  wgsl({ pooling, element }) {
    const pixels = pooling === 'pixels';
    const average = pooling === 'average';
    const corner = (x: number, y: number) =>
      `xs.weight[${x}] * ys.weight[${y}] * pixel(plane, size, xs.at[${x}], ys.at[${y}], 0)`;
    const sample = average
      ? 'total += interpolate(plane, size, xs, ys);'
      : [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)]
          .map((value) => `top = greater(top, ${value});`)
          .join('\n      ');
    const overSamples = `
  let ys = samplesOf(f32(rois[region * 4u + 1u]), f32(rois[region * 4u + 3u]), bin.y, u.bins.y, u.size.y, u.mostY);
  let xs = samplesOf(f32(rois[region * 4u]), f32(rois[region * 4u + 2u]), bin.x, u.bins.x, u.size.x, u.mostX);
  let none = ys.count <= 0 || xs.count <= 0;
  var outside = ys.outside || xs.outside;
  let endRow = min(ys.end, ys.first + i32(u.endRow));
  for (var row = ys.first + i32(u.firstRow); row < endRow; row++) {
    let y = ys.low + f32(row) * ys.step;
    let rowTaps = tapsAt(y, u.size.y);
    for (var column = xs.first; column < xs.end; column++) {
      let x = xs.low + f32(column) * xs.step;
      if (isOutside(x, u.size.x) || isOutside(y, u.size.y)) {
        outside = true;
      } else {
        add(plane, tapsAt(x, u.size.x), rowTaps);
      }
    }
  }`;
    const overPixels = `
  let rows = pixelsOf(f32(rois[region * 5u + 2u]), f32(rois[region * 5u + 4u]), bin.y, u.bins.y, u.size.y);
  let columns = pixelsOf(f32(rois[region * 5u + 1u]), f32(rois[region * 5u + 3u]), bin.x, u.bins.x, u.size.x);
  let none = rows.y <= rows.x || columns.y <= columns.x;
  let endRow = min(rows.y, rows.x + i32(u.endRow));
  for (var y = rows.x + i32(u.firstRow); y < endRow; y++) {
    for (var x = columns.x; x < columns.y; x++) {
      top = greater(top, f32(source[plane + u32(y) * u.size.x + u32(x)]));
    }
  }`;
    return `
${lineMain}
${pixels ? `${nanFunctions}${pixelBins}` : `${axisTaps(2)}${interpolation(2, 2)}${samples}`}
${average ? '' : greater}
var<private> total: f32 = 0.0;
var<private> top: f32;
${
  pixels
    ? ''
    : `fn add(plane: u32, xs: Taps, ys: Taps) {
  let size = vec3<u32>(u.size.xy, 1u);
  ${sample}
}`
}
fn invocation(index: u32) {
  let bin = vec2<u32>(index % u.bins.x, index / u.bins.x % u.bins.y);
  let channel = index / u.bins.z % u.channels;
  let region = index / u.bins.z / u.channels;
${pixels ? imageOfRegion : 'let image = images[region];'}
  let plane = (u32(image) * u.channels + channel) * u.size.z;
  top = bitcast<f32>(u.lowest);
${pixels ? overPixels : overSamples}
  ${
    average
      ? 'var value = total / f32(max(ys.count * xs.count, 1));'
      : `${pixels ? '' : 'if (outside) { top = greater(top, 0.0); }'}
  var value = top;`
  }
  if (u.accumulate != 0u) {
    let before = f32(result[index]);
    value = ${average ? 'before + value' : 'greater(before, value)'};
  }
  // A bin of nothing, and a region of an image that there is not, are zero.
  let missing = none || image < 0 || image >= i32(u.size.w);
  result[index] = ${element}(select(value, 0.0, missing));
}
`;
  },
});

/** Turns of the loops for one row of so many samples. */
export const rowTurns = (samples: number): number => samples + 2;
