/** The operators that look at or change dims and element types, and make constants. */

import type { AnyOperator } from '../operator.ts';
import { castOperators } from './cast.ts';
import { constantOperators } from './constants.ts';
import { shapeOperators } from './shape-size.ts';
import { viewOperators } from './views.ts';

export const shapeFamily: readonly AnyOperator[] = [
  ...castOperators,
  ...constantOperators,
  ...shapeOperators,
  ...viewOperators,
];
