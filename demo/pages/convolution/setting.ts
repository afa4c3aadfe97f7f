/** What the reader sets for the whole page. */

import type { Fill, WindowSetting } from './window.ts';

export interface Setting extends WindowSetting {
  readonly fill: Fill;
  /** Of padded cells, where they hold a constant: 0 is black, 255 white. */
  readonly value: number;
}

/** The feed of a padded convolution, if its graph takes one. */
export const takesValue = ({ padding, fill }: Setting) => padding !== 'none' && fill === 'constant';
