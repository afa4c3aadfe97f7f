/** Pictures to begin with: digits for one channel, whatever else is shipped for colours. */

import type { ShippedPicture } from '../../lib/pictures.ts';
import { samples } from '../digit/samples.ts';

export function digitPictures(label: (digit: string) => string): readonly ShippedPicture[] {
  return ['7', '3', '4', '8'].flatMap((digit) => {
    const url = samples.get(digit);
    return url ? [{ id: digit, label: label(digit), url }] : [];
  });
}
