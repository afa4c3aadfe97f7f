/** What Trilu and EyeLike are asked. */

import type { DataType } from '../../core/dtype.ts';

export interface TriluAttributes {
  readonly upper: boolean;
}

export interface EyeLikeAttributes {
  /** That of the input where it is left out. */
  readonly type: DataType | undefined;
  /** How far the ones lie to the right of the main diagonal. */
  readonly diagonal: number;
}
