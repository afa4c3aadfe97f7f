/** The operators that only move elements. */

import type { AnyOperator } from '../operator.ts';
import { concat } from './concat.ts';
import { blockOperators } from './depth-to-space.ts';
import { expand, tile } from './expand-tile.ts';
import { gather } from './gather.ts';
import { pad } from './pad.ts';
import { slice } from './slice.ts';
import { split } from './split.ts';
import { transpose } from './transpose.ts';

export const movementOperators: readonly AnyOperator[] = [
  concat,
  ...blockOperators,
  expand,
  gather,
  pad,
  slice,
  split,
  tile,
  transpose,
];
