/** Sampling by a grid, and the grid of an affine map. */

import type { AnyOperator } from '../operator.ts';
import { affineGrid } from './affine-grid.ts';
import { gridSample } from './grid-sample.ts';

export const samplingOperators: readonly AnyOperator[] = [gridSample, affineGrid];
