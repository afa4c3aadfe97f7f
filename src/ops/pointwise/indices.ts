/** For references: which element of an operand each element of a broadcast result reads. */

import { broadcastStrides, sizeOf } from '../../core/shape.ts';

export function broadcastIndices(dims: readonly number[], output: readonly number[]): Uint32Array {
  const indices = new Uint32Array(sizeOf(output));
  const strides = broadcastStrides(dims, output);
  const coordinates = output.map(() => 0);
  let from = 0;
  for (let index = 0; index < indices.length; index++) {
    indices[index] = from;
    // The next coordinate, the last axis first.
    for (let axis = output.length - 1; axis >= 0; axis--) {
      const next = (coordinates[axis] as number) + 1;
      from += strides[axis] as number;
      if (next < (output[axis] as number)) {
        coordinates[axis] = next;
        break;
      }
      from -= next * (strides[axis] as number);
      coordinates[axis] = 0;
    }
  }
  return indices;
}
