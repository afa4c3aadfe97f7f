/**
 * How kernels read operands that are broadcast to the result's shape: by strides, one axis after
 * the other from the innermost outwards, eight axes at most. `blocks` walks the result by vec4
 * (an operand gives four neighbours, or one element four times), `elements` element by element.
 */

import type { Element } from './kernel.ts';
import { wgsl } from './preprocessor.ts';

export type BroadcastMode =
  /** Every operand has the result's own elements in its own order. */
  'flat' | 'blocks' | 'elements';

/** Axes that a kernel can walk, after merging. */
export const maxBroadcastAxes = 8;

type OperandUniforms<Name extends string> = {
  readonly [Field in `${Name}Inner` | `${Name}Outer`]: 'vec4u';
} & { readonly [Field in `${Name}Splat`]: 'u32' };

/** Uniforms of one operand: strides in elements, and whether one element fills all four lanes. */
export function operandUniforms<Name extends string>(name: Name): OperandUniforms<Name> {
  return {
    [`${name}Inner`]: 'vec4u',
    [`${name}Outer`]: 'vec4u',
    [`${name}Splat`]: 'u32',
  } as unknown as OperandUniforms<Name>;
}

/** Uniforms that all operands share. */
export const shapeUniforms = {
  /** Vec4s of the result; in mode `elements`, its elements. */
  count: 'u32',
  /** Axes of `sizes`, innermost first. */
  rank: 'u32',
  sizesInner: 'vec4u',
  sizesOuter: 'vec4u',
} as const;

/** Bindings are arrays of vec4, or of elements in mode `elements`. */
export function operandType(element: Element, mode: BroadcastMode): string {
  return mode === 'elements' ? `array<${element}>` : `array<vec4<${element}>>`;
}

/**
 * WGSL `load_x(index) -> vec4` for an operand bound as `x`. In mode `elements` all four lanes
 * hold the element.
 */
export function loadSource(name: string, computed: string, mode: BroadcastMode): string {
  if (mode === 'flat') {
    return wgsl`
fn load_${name}(index: u32) -> vec4<${computed}> {
  return vec4<${computed}>(${name}[index]);
}
`;
  }
  return wgsl`
fn load_${name}(index: u32) -> vec4<${computed}> {
  let address = addressOf(index, u.${name}Inner, u.${name}Outer);
#if ${mode === 'elements'}
  return vec4<${computed}>(${computed}(${name}[address]));
#else
  let four = vec4<${computed}>(${name}[address / 4u]);
  if (u.${name}Splat != 0u) {
    return vec4<${computed}>(four[address % 4u]);
  }
  return four;
#endif
}
`;
}

/** WGSL that `loadSource` needs, once. */
export const addressSource = wgsl`
// Coordinates of the flat index, innermost first, times the operand's strides. The outermost
// axis takes what is left, so that one axis costs no division.
fn addressOf(index: u32, inner: vec4<u32>, outer: vec4<u32>) -> u32 {
  var rest = index;
  var address = 0u;
  for (var axis = 0u; axis + 1u < u.rank; axis++) {
    let low = axis < 4u;
    let at = axis % 4u;
    let size = select(u.sizesOuter[at], u.sizesInner[at], low);
    let next = rest / size;
    address += (rest - next * size) * select(outer[at], inner[at], low);
    rest = next;
  }
  let last = u.rank - 1u;
  return address + rest * select(outer[last % 4u], inner[last % 4u], last < 4u);
}
`;
