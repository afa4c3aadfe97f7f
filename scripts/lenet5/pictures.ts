/** A few held-out digits as PNG pictures (28×28, 8-bit grey), named `label-index.png`. */

import { CLASSES, type Digits, PIXELS, SIZE } from '../digits/digits.ts';
import { encodeGrey } from '../digits/grey-png.ts';

export interface Picture {
  readonly name: string;
  readonly png: Uint8Array;
}

/** The first digit of each class in the given, already shuffled order: nobody picks them. */
export function pictures(digits: Digits, heldOut: Uint32Array): readonly Picture[] {
  return Array.from({ length: CLASSES }, (_, label) => {
    const index = heldOut.find((candidate) => digits.labels[candidate] === label);
    if (index === undefined) throw new Error(`no held-out digit ${label}`);
    return {
      name: `${label}-${String(index).padStart(4, '0')}.png`,
      png: encodeGrey(digits.pixels.subarray(index * PIXELS, (index + 1) * PIXELS), SIZE),
    };
  });
}
