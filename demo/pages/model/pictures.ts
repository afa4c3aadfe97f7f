/** Pictures to begin with: digits for small grey inputs, scenes for the others. */

import { samples } from '../../lib/digit-samples.ts';
import type { ShippedPicture } from '../../lib/pictures.ts';
import { sourcePictures } from '../../lib/source-pictures.ts';
import type { PictureShape } from './feeds.ts';

interface Labels {
  readonly harbour: string;
  readonly balloons: string;
  readonly digit: (digit: string) => string;
}

export function picturesFor(
  { channels, width }: PictureShape,
  labels: Labels,
): readonly ShippedPicture[] {
  if (channels === 1 && width <= 64) {
    return ['7', '3', '4', '8'].flatMap((digit) => {
      const url = samples.get(digit);
      return url ? [{ id: digit, label: labels.digit(digit), url }] : [];
    });
  }
  return sourcePictures({ ...labels, digit: labels.digit('3') });
}
