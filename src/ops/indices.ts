/** Indices whose values are known: constants when a plan is made, fed ones when a run begins. */

import { WgconvError } from '../core/errors.ts';
import type { Dim, TensorType } from '../core/shape.ts';
import { elementsOf, type HostTensor } from '../core/tensor.ts';

/** Throws unless index `at` may pick from `sizes[at mod their number]`, as far as both are known. */
export function checkIndices(
  { type }: TensorType,
  known: HostTensor | undefined,
  sizes: readonly Dim[],
  check: (index: number, size: number) => unknown = checkIndex,
): void {
  if (type !== 'int32' && type !== 'int64') {
    throw new WgconvError('wrong-type', `indices must be int32 or int64, not ${type}`);
  }
  const elements = known && elementsOf(known);
  for (let at = 0; elements && at < elements.length; at++) {
    const size = sizes[at % sizes.length];
    if (typeof size === 'number') check(Number(elements[at]), size);
  }
}

/** The index counted from the front. */
export function checkIndex(index: number, size: number): number {
  if (index >= -size && index < size) return index < 0 ? index + size : index;
  throw new WgconvError(
    'invalid-argument',
    `the index ${index} is outside an axis of size ${size}`,
    { data: { index, size } },
  );
}

/** Places in a whole output do not count from its end. */
export function checkPlace(place: number, size: number): void {
  if (place >= 0 && place < size) return;
  throw new WgconvError(
    'invalid-argument',
    `the index ${place} is outside the output, which has ${size} elements`,
    { data: { place, size } },
  );
}
