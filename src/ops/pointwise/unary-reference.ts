/** Oracle of the unary operators: the tables' own definitions, element by element. */

import { isFloat, kindOf } from '../../core/dtype.ts';
import { internal } from '../../core/errors.ts';
import { numbersOf, type ReferenceTensor, wrapInteger } from '../../core/reference.ts';
import type { Reference, ReferenceResult } from '../operator.ts';
import { type FunctionDefinition, slackOf } from './activation-definitions.ts';
import type { UnaryAttributes } from './attributes.ts';
import { floatDefinitions, integerDefinitions, testDefinitions } from './unary-definitions.ts';

export const unaryReference: Reference<UnaryAttributes> = ([x], attributes, { single }) => {
  if (!x) throw internal('a unary operator has no input');
  const { function: name, parameters } = attributes;
  const [alpha = 0, beta = 0] = parameters;
  if (!isFloat(x.type)) return [ofIntegers(x, name)];
  const test = testDefinitions.get(name);
  if (test) {
    return [{ value: numbersOf(x).map((number) => Number(test(number, alpha, beta))) }];
  }
  const definition = floatDefinitions.get(name);
  if (!definition) throw internal(`there is no function "${name}" of floats`);
  return [ofFloats(x, definition, alpha, beta, single)];
};

function ofIntegers(x: ReferenceTensor, name: string): ReferenceResult {
  const row = integerDefinitions.get(name);
  if (!row) throw internal(`there is no function "${name}" of integers`);
  // Stores into these arrays wrap to 64 bits.
  if (x.value instanceof BigInt64Array) return { value: x.value.map(row.big) };
  if (x.value instanceof BigUint64Array) return { value: x.value.map(row.big) };
  if (kindOf(x.type) === 'bool') return { value: x.value.map(row.compute) };
  return { value: x.value.map((number) => wrapInteger(x.type, row.compute(number))) };
}

/**
 * Errors of the input pass through the function's slope: a sum's magnitude is scaled by it, so
 * that a fused convolution keeps its bound, and slack is scaled and joined by the function's own.
 */
function ofFloats(
  x: ReferenceTensor,
  definition: FunctionDefinition,
  alpha: number,
  beta: number,
  single: boolean,
): ReferenceResult {
  const input = numbersOf(x);
  const exact = input.map((number) => definition.compute(number, alpha, beta));
  const value = single ? exact.map(Math.fround) : exact;
  const slope = input.map((number) => definition.lipschitz(alpha, beta, number));
  const scale = (bounds: Float64Array | undefined): Float64Array | undefined =>
    bounds?.map((bound, index) => bound * (slope[index] as number));
  const carried = scale(x.slack);
  const slack =
    carried || definition.slack
      ? input.map(
          (number, index) => (carried?.[index] ?? 0) + slackOf(definition, number, alpha, beta),
        )
      : undefined;
  return { value, magnitude: scale(x.magnitude), terms: x.terms, slack };
}
