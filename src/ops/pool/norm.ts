/** What pooling over windows and over whole images have in common. */

import type { AttributeReader } from '../operator.ts';

/** A float in LpPool-1 and GlobalLpPool-1, an integer since. */
export function readExponent(source: AttributeReader, opset: number): { p: number } {
  const p = opset < 2 ? source.float('p', 2) : source.int('p', 2);
  if (p <= 0) source.fail('"p" must be positive');
  return { p };
}

/** The norm's own kernel for the common exponents. */
export function lpReduction(p: number): 'l1' | 'l2' | 'lp' {
  return p === 1 ? 'l1' : p === 2 ? 'l2' : 'lp';
}

/** Axes from 2. */
export const spatialAxes = (dims: readonly unknown[]): number[] =>
  dims.map((_, axis) => axis).slice(2);
