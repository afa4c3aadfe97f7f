/**
 * What the kernels of integer convolutions share: the window's uniforms, where it begins, zero
 * points, bytes.
 */

import { windowUniforms } from './conv-geometry.ts';

/** Spread into a kernel's `uniforms`. */
export const integerWindowUniforms = {
  inDepth: 'u32',
  inHeight: 'u32',
  inWidth: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  outPixels: 'u32',
  ...windowUniforms,
  /** Whether there are zero points, and what those of the model lack to those of stored integers. */
  hasSourceZero: 'u32',
  sourceOffset: 'i32',
  hasWeightZero: 'u32',
  weightZeroStride: 'u32',
  weightOffset: 'i32',
} as const;

/** WGSL: z, y and x of the first tap of an output pixel. */
export const originOf = `
fn originOf(pixel: u32) -> vec3<i32> {
  let row = pixel / u.outWidth;
  let z = row / u.outHeight * u.strideZ;
  return vec3<i32>(vec3<u32>(z, row % u.outHeight * u.strideY, pixel % u.outWidth * u.strideX)) -
    vec3<i32>(u.padFront, u.padTop, u.padLeft);
}
`;

/** WGSL: zero points of the integers as stored, from bindings `sourceZeros` and `weightZeros`. */
export const zeroPoints = `
fn sourceZero(at: u32) -> i32 {
  if (u.hasSourceZero == 0u) {
    return -u.sourceOffset;
  }
  return sourceZeros[at] - u.sourceOffset;
}
fn weightZero(at: u32) -> i32 {
  if (u.hasWeightZero == 0u) {
    return -u.weightOffset;
  }
  return weightZeros[at] - u.weightOffset;
}
`;

/** WGSL: the four signed bytes of a word. */
export const unpackBytes = `
fn unpack(word: u32) -> vec4<i32> {
  return bitcast<vec4<i32>>(vec4<u32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u);
}
`;
