/** What the reader sets for the whole page. */

import type { Fill, WindowSetting } from '../../lib/window.ts';
import type { ConvolutionShape } from './graphs.ts';

export interface Setting extends WindowSetting {
  readonly fill: Fill;
  /** Of padded cells, where they hold a constant: 0 is black, 255 white. */
  readonly value: number;
}

/** The feed of a padded convolution, if its graph takes one. */
export const takesValue = ({ padding, fill }: Setting) => padding !== 'none' && fill === 'constant';

/** What the setting's graph is made from: the value of the padding is fed. */
export function shapeOf(
  { value: _, ...geometry }: Setting,
  size: Pick<ConvolutionShape, 'channels' | 'width' | 'height'>,
): ConvolutionShape {
  return { ...geometry, ...size };
}
