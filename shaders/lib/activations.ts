/** Activations that a kernel can fuse into its store. */

import { wgsl } from './preprocessor.ts';

const rows: Readonly<Record<string, string>> = {
  none: 'return x;',
  // NaN by its bits: max(NaN, 0) may be 0.
  relu: 'return select(max(x, vec4<f32>(0.0)), x, (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u));',
};

/** Names that `activationSource` knows. */
export const fusableActivations: readonly string[] = Object.keys(rows);

/** WGSL `fn activation(x: vec4<f32>) -> vec4<f32>`; reads `u.actAlpha` and `u.actBeta`. */
export function activationSource(name: string): string {
  return wgsl`
fn activation(x: vec4<f32>) -> vec4<f32> {
  ${rows[name] ?? ''}
}
`;
}
