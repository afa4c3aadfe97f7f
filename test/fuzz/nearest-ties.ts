/**
 * Resize and Upsample to the nearest pixel: elements whose pixel is a matter of rounding.
 *
 * The specification gives the source coordinate as a formula over real numbers and names no
 * precision. With the scale 0.6 in float32, half_pixel and floor, the output at 1 reads
 * 1.5 / 0.6000000238 − 0.5 = 1.9999999: pixel 1. Computed in float32 that is 2: pixel 2. Both are
 * right. Decision: an element may be either pixel where the exact coordinate lies within float32
 * rounding of the place where the pixel changes, and only there.
 * https://onnx.ai/onnx/operators/onnx__Resize.html
 */

import { fromReference, type ReferenceTensor } from '../../src/core/reference.ts';
import type { ResizeAttributes } from '../../src/ops/resize/attributes.ts';
import { type AxisResize, originalPosition, resizedAxes } from '../../src/ops/resize/axes.ts';

/** The quotient, the half that is added and the half that is taken away: one rounding each. */
const roundings = 3;

/** How far a position is from where the nearest pixel changes. */
function distanceToTie(position: number, nearest: ResizeAttributes['nearest']): number {
  const shifted = nearest.startsWith('round') ? position - 0.5 : position;
  return Math.abs(shifted - Math.round(shifted));
}

/** Output positions of one axis; a quotient of float32 numbers that is a tie itself is exact. */
function tiesAlong(axis: AxisResize, { transform, nearest }: ResizeAttributes): boolean[] {
  const isGiven = Math.fround(axis.scale) === axis.scale && transform !== 'half_pixel_symmetric';
  return Array.from({ length: axis.output }, (_, x) => {
    if (axis.scale === 1) return false;
    const position = originalPosition(x, axis, transform);
    const distance = distanceToTie(position, nearest);
    if (distance === 0) return !isGiven;
    return distance <= roundings * 2 ** -24 * (Math.abs(position) + 1);
  });
}

/** 1 for each element that may be another pixel; undefined where no element may. */
export function nearestTies(
  inputs: readonly (ReferenceTensor | undefined)[],
  attributes: ResizeAttributes,
): Uint8Array | undefined {
  const [x] = inputs;
  if (attributes.mode !== 'nearest' || !x) return undefined;
  const axes = resizedAxes(x.dims, attributes, (index) => {
    const tensor = inputs[index];
    return tensor && fromReference(tensor);
  });
  if (!axes) return undefined;
  let marks = new Uint8Array([0]);
  for (const axis of axes) {
    const ties = tiesAlong(axis, attributes);
    marks = Uint8Array.from(
      { length: marks.length * ties.length },
      (_, at) => (marks[Math.floor(at / ties.length)] as number) | Number(ties[at % ties.length]),
    );
  }
  return marks.includes(1) ? marks : undefined;
}
