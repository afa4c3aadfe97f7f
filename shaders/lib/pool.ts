/** What the pooling kernels share: the uniforms of a window, and which of its taps lie inside. */

/**
 * Spatial axes as (depth, height, width); a 2D image has depth 1, and so on. The fourth lane of
 * the sizes is their product.
 */
export const poolUniforms = {
  inputSize: 'vec4u',
  outputSize: 'vec4u',
  kernelShape: 'vec4u',
  strides: 'vec4u',
  dilations: 'vec4u',
  padBegin: 'vec4i',
  padEnd: 'vec4i',
  /** Values of the result: scalars, or vec4 in C4. */
  outputs: 'u32',
  channels: 'u32',
  /** 1: an average counts taps in the padding, though never those past it. */
  countPadding: 'u32',
  identity: 'u32',
  exponent: 'f32',
  /** 1: indices count down the columns first. */
  columnMajor: 'u32',
} as const;

/** Turns of the loops over a window's taps, each within the other. */
export function windowTurns([depth, height, width]: readonly number[]): number {
  return (depth ?? 1) * (2 + (height ?? 1) * (2 + (width ?? 1)));
}

/**
 * WGSL `taps(start, size, axis)`: first and end of the taps k of an axis for which
 * start + k * dilation lies in [0, size); `windowCount(start)`: what an average divides by.
 */
export const poolFunctions = `
fn taps(start: i32, size: i32, axis: u32) -> vec2<u32> {
  let dilation = i32(u.dilations[axis]);
  let first = max((dilation - 1 - start) / dilation, 0);
  let end = clamp((size - start + dilation - 1) / dilation, first, max(first, i32(u.kernelShape[axis])));
  return vec2<u32>(u32(first), u32(end));
}
fn axisCount(start: i32, axis: u32) -> u32 {
  let padded = u.countPadding != 0u;
  let before = select(0, u.padBegin[axis], padded);
  let after = select(0, u.padEnd[axis], padded);
  let range = taps(start + before, i32(u.inputSize[axis]) + before + after, axis);
  return range.y - range.x;
}
// A window without a tap averages to 0.
fn windowCount(start: vec3<i32>) -> u32 {
  return max(axisCount(start.x, 0u) * axisCount(start.y, 1u) * axisCount(start.z, 2u), 1u);
}
`;

/** Reductions that windows are pooled by. */
export const poolings = ['max', 'min', 'mean', 'l1', 'l2', 'lp'] as const;

export type Pooling = (typeof poolings)[number];
