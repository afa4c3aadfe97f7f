/** The list of operators: one line each. */

import { convertLayoutOperator } from './layout/convert-layout.ts';
import { movementOperators } from './movement/index.ts';
import type { AnyOperator } from './operator.ts';
import { shapeFamily } from './shape/index.ts';

const list: readonly AnyOperator[] = [convertLayoutOperator, ...movementOperators, ...shapeFamily];

const byType = new Map(list.map((operator) => [operator.type, operator]));

/** The operator of that name, or undefined where wgconv has none. */
export function findOperator(type: string): AnyOperator | undefined {
  return byType.get(type);
}

/** All operators, in the order of the list. */
export const operators: readonly AnyOperator[] = list;
