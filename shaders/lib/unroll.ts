/** Unrolling loops in generated WGSL. */

/** 0 … count − 1. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const lines = (items: readonly string[]): string => items.join('\n');

/**
 * WGSL: the product of a 4×4 block (columns `${w}0` to `${w}3`) and a vec4. Its four products are
 * added up before a sum takes them: a quarter of the roundings of one long chain.
 */
export function blockProduct(w: string, value: string): string {
  return `((${w}0 * ${value}.x + ${w}1 * ${value}.y) + (${w}2 * ${value}.z + ${w}3 * ${value}.w))`;
}
