/**
 * The frame of kernels that go where indices say: the Gather and Scatter families. An invocation has
 * coordinates; they give the tuple of indices to read and an address to start from, and each index
 * of the tuple adds a stride of the axis that it counts along.
 */

import { wgsl } from './preprocessor.ts';
import { laneOfTwo, lineMain } from './words.ts';

/** Dimensions that an invocation's coordinates may have, and indices of a tuple. */
export const maxFrameRank = 8;

/** Innermost dimension first, the first four in `…A`, the rest in `…B`. */
export const frameUniforms = {
  /** Invocations: the product of the sizes. */
  count: 'u32',
  rank: 'u32',
  sizesA: 'vec4u',
  sizesB: 'vec4u',
  /** What a step along a dimension adds to the position in `indices`, … */
  tupleStridesA: 'vec4u',
  tupleStridesB: 'vec4u',
  /** … and to the address in what is gathered from or scattered to. */
  fixedStridesA: 'vec4u',
  fixedStridesB: 'vec4u',
  /** Indices of a tuple, the sizes of their axes and the strides. */
  depth: 'u32',
  axisSizesA: 'vec4u',
  axisSizesB: 'vec4u',
  axisStridesA: 'vec4u',
  axisStridesB: 'vec4u',
} as const;

/** WGSL: `lane(A, B, axis)` and `locate(tuple, base)`; the kernel defines `invocation(index)`. */
export const frameFunctions = wgsl`
${lineMain}
${laneOfTwo}
struct Place {
  address: u32,
  /** False where an index is out of range: nothing may be read or written there. */
  inside: bool,
}
fn locate(tuple: u32, base: u32) -> Place {
  var place = Place(base, true);
  for (var axis = 0u; axis < u.depth; axis++) {
    let size = i32(lane(u.axisSizesA, u.axisSizesB, axis));
    var picked = indices[tuple + axis];
    // Negative indices count from the end.
    picked += select(0, size, picked < 0);
    place.inside = place.inside && picked >= 0 && picked < size;
    place.address += u32(picked) * lane(u.axisStridesA, u.axisStridesB, axis);
  }
  return place;
}
`;
