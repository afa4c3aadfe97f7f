/** The operators between real numbers and quantised ones. */

import type { AnyOperator } from '../operator.ts';
import { dynamicQuantizeLinear } from './dynamic.ts';
import { linearOperators } from './linear.ts';

export const quantizeOperators: readonly AnyOperator[] = [
  ...linearOperators,
  dynamicQuantizeLinear,
];
