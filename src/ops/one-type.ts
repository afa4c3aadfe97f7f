/** Inputs that must have the same element type. */

import { WgconvError } from '../core/errors.ts';
import type { TensorType } from '../core/shape.ts';

/** Throws where one that is there differs from the first; the names are the definition's. */
export function requireOneType(inputs: Readonly<Record<string, TensorType | undefined>>): void {
  const [[first, wanted] = [], ...others] = Object.entries(inputs);
  for (const [name, given] of others) {
    if (!wanted || !given || given.type === wanted.type) continue;
    throw new WgconvError(
      'wrong-type',
      `${name} is ${given.type}, but must be ${wanted.type}, as ${first} is`,
    );
  }
}
