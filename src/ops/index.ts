/** The list of operators: one line each. */

import { batchNormalization } from './batch-normalization/operator.ts';
import { conv } from './conv/schema.ts';
import { gemm } from './gemm/schema.ts';
import { convertLayoutOperator } from './layout/convert-layout.ts';
import { lrn } from './lrn/operator.ts';
import { matMul } from './matmul/schema.ts';
import { movementOperators } from './movement/index.ts';
import type { AnyOperator } from './operator.ts';
import { pointwiseOperators } from './pointwise/index.ts';
import { globalPoolOperators } from './pool/global.ts';
import { poolOperators } from './pool/operators.ts';
import { reduceOperators } from './reduce/operators.ts';
import { shapeFamily } from './shape/index.ts';
import { softmaxOperators } from './softmax/operators.ts';

const list: readonly AnyOperator[] = [
  convertLayoutOperator,
  conv,
  gemm,
  matMul,
  ...movementOperators,
  ...shapeFamily,
  ...pointwiseOperators,
  batchNormalization,
  lrn,
  ...poolOperators,
  ...globalPoolOperators,
  ...reduceOperators,
  ...softmaxOperators,
];

const byType = new Map(list.map((operator) => [operator.type, operator]));

/** The operator of that name, or undefined where wgconv has none. */
export function findOperator(type: string): AnyOperator | undefined {
  return byType.get(type);
}

/** All operators, in the order of the list. */
export const operators: readonly AnyOperator[] = list;
