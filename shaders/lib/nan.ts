/**
 * NaN by its bits. WGSL lets an implementation assume that NaN does not occur: `x != x` may be
 * false for NaN, `max(NaN, 1)` may be 1 and `clamp(NaN, 0, 6)` may be 0.
 */

import { wgsl } from './preprocessor.ts';

/** WGSL: `isNan(f32) -> bool` and `isNan4(vec4<f32>) -> vec4<bool>`. */
export const nanFunctions = wgsl`
fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}
fn isNan4(x: vec4<f32>) -> vec4<bool> {
  return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
}
`;
