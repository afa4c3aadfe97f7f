/** What the report does to the held-out digits: three series of changes, one number each. */

import { IDENTITY, type Transform } from '../digits/augmentation.ts';

export interface Series {
  readonly name: 'shift' | 'rotation' | 'scale';
  /** Label of the axis. */
  readonly label: string;
  readonly values: readonly number[];
  /** The changes behind one value; the accuracy is the mean over them. */
  transforms(value: number): readonly Transform[];
}

export const SERIES: readonly Series[] = [
  {
    name: 'shift',
    label: 'shift in pixels',
    values: steps(0, 10, 1),
    transforms: (pixels) =>
      pixels === 0
        ? [IDENTITY]
        : [
            { ...IDENTITY, shiftX: pixels },
            { ...IDENTITY, shiftX: -pixels },
            { ...IDENTITY, shiftY: pixels },
            { ...IDENTITY, shiftY: -pixels },
          ],
  },
  {
    name: 'rotation',
    label: 'rotation in degrees',
    values: steps(0, 90, 10),
    transforms: (degrees) =>
      (degrees === 0 ? [0] : [degrees, -degrees]).map((angle) => ({
        ...IDENTITY,
        rotation: (angle * Math.PI) / 180,
      })),
  },
  {
    name: 'scale',
    label: 'scale',
    values: steps(4, 16, 1).map((tenths) => tenths / 10),
    transforms: (scale) => [{ ...IDENTITY, scale }],
  },
];

function steps(first: number, last: number, step: number): readonly number[] {
  return Array.from({ length: (last - first) / step + 1 }, (_, i) => first + i * step);
}
