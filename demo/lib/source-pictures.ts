/** The shipped pictures of the pages that compute on one, and where in them to look first. */

import digit from '../../models/lenet5/digits/3-3879.png';
import balloons from '../pictures/balloons.png';
import harbour from '../pictures/harbour.jpg';
import type { ShippedPicture } from './pictures.ts';

export interface SourcePictureChoice extends ShippedPicture {
  /** The middle of the square to begin with, as shares of the sides. */
  readonly look: readonly [number, number];
}

export function sourcePictures(
  labels: Readonly<Record<'harbour' | 'balloons' | 'digit', string>>,
): readonly SourcePictureChoice[] {
  return [
    { id: 'harbour', label: labels.harbour, url: harbour, look: [0.49, 0.36] },
    { id: 'balloons', label: labels.balloons, url: balloons, look: [0.38, 0.2] },
    { id: 'digit', label: labels.digit, url: digit, look: [0.5, 0.5] },
  ];
}
