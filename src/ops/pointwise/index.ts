/** The pointwise operators. */

import type { AnyOperator } from '../operator.ts';
import { binaryOperators } from './binary.ts';
import { clipOperator } from './clip.ts';
import { unaryOperators } from './unary.ts';
import { variadicOperators } from './variadic.ts';
import { whereOperator } from './where.ts';

export const pointwiseOperators: readonly AnyOperator[] = [
  ...unaryOperators,
  clipOperator,
  ...binaryOperators,
  ...variadicOperators,
  whereOperator,
];
