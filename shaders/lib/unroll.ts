/** Unrolling loops in generated WGSL. */

/** 0 … count − 1. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const lines = (items: readonly string[]): string => items.join('\n');

/**
 * WGSL: adds the product of a 4×4 block (columns `w0` to `w3`) and a vec4 to a sum. The four products
 * are added up before the sum takes them: a quarter of the roundings of one long chain, which
 * results near zero need.
 */
export function addBlockProduct(sum: string, value: string): string {
  return `${sum} += (w0 * ${value}.x + w1 * ${value}.y) + (w2 * ${value}.z + w3 * ${value}.w);`;
}
