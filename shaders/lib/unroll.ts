/** Unrolling loops in generated WGSL. */

/** 0 … count − 1. */
export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const lines = (items: readonly string[]): string => items.join('\n');
