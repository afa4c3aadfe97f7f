/** Shapes as Keras has them. */

import { WgconvError } from '../core/errors.ts';

/** Sizes without the batch, channels last; null is a size known only when inputs are. */
export type Shape = readonly (number | null)[];

/** A shape given by the caller. */
export function checkShape(shape: Shape, name: string): Shape {
  const isSize = (size: number | null) =>
    size === null || (Number.isInteger(size) && size > 0 && size < 2 ** 31);
  if (Array.isArray(shape) && shape.length > 0 && shape.every(isSize)) return [...shape];
  throw new WgconvError(
    'invalid-argument',
    `the shape of "${name}" must be sizes without the batch, such as [28, 28, 1], each a positive integer or null, not ${JSON.stringify(shape)}`,
  );
}

/** `[28, null, 1]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.map((size) => size ?? 'null').join(', ')}]`;
}
