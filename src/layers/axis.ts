/** Axes as Keras counts them: the batch is 0, and negative ones count from the end. */

import type { Value } from './emitter.ts';
import type { Fail } from './layer.ts';
import type { Shape } from './shape.ts';

/** The axis counted from 0, of a tensor whose shape without the batch is given. */
export function axisOf(axis: number, { length }: Shape, fail: Fail): number {
  const found = axis < 0 ? axis + length + 1 : axis;
  if (Number.isInteger(found) && found >= 1 && found <= length) return found;
  return fail(`there is no axis ${axis} after the batch in a tensor of rank ${length + 1}`);
}

/** Where an axis lies in the order that the value has. */
export function axisIn(value: Pick<Value, 'order' | 'shape'>, axis: number): number {
  if (value.order === 'last' || value.shape.length !== 3) return axis;
  return [0, 2, 3, 1][axis] as number;
}
