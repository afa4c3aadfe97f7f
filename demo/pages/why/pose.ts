/** A digit moved, turned and scaled, and the same at every place of a grid of shifts. */

import { type Transform, transformImage } from '../../../scripts/digits/augmentation.ts';

/** Pixels along each side of a picture. */
export const side = 28;
export const pixels = side * side;

/** How a digit lies, as a person sets it. */
export interface Pose {
  /** Pixels to the right and downwards. */
  readonly x: number;
  readonly y: number;
  /** Clockwise. */
  readonly degrees: number;
  /** Above 1 the digit is larger. */
  readonly scale: number;
}

export const upright: Pose = { x: 0, y: 0, degrees: 0, scale: 1 };

/** As far as a digit is moved each way. */
export const farthest = 8;

/** A grid of shifts, row by row: −8, −8 + step, … 8 both ways. */
export interface ShiftGrid {
  readonly shifts: readonly number[];
  readonly step: number;
}

export function shiftGrid(step: number): ShiftGrid {
  const count = Math.floor((2 * farthest) / step) + 1;
  return { step, shifts: Array.from({ length: count }, (_, at) => at * step - farthest) };
}

/** The picture of a digit that lies so: [28, 28], values in 0..1. */
export function posed(digit: Float32Array, pose: Pose): Float32Array<ArrayBuffer> {
  const target = new Float32Array(pixels);
  transformImage(digit, side, transformOf(pose), target);
  return target;
}

/** The pictures of one row of the grid, turned and scaled as the pose says: [columns, 28, 28]. */
export function posedRow(
  digit: Float32Array,
  pose: Pose,
  { shifts }: ShiftGrid,
  y: number,
): Float32Array<ArrayBuffer> {
  const row = new Float32Array(shifts.length * pixels);
  for (const [column, x] of shifts.entries()) {
    row.set(posed(digit, { ...pose, x, y }), column * pixels);
  }
  return row;
}

/** Keeps a shift within reach. */
export function within(shift: number): number {
  return Math.min(farthest, Math.max(-farthest, shift));
}

function transformOf({ x, y, degrees, scale }: Pose): Transform {
  return { shiftX: x, shiftY: y, rotation: (degrees * Math.PI) / 180, scale };
}
