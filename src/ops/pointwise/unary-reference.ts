/** Oracle of the unary operators: the tables' own definitions, element by element. */

import { type PointwiseFunction, slackOf } from '../../../shaders/lib/activations.ts';
import { floatFunctions, floatTests, integerFunctions } from '../../../shaders/lib/unary.ts';
import { isFloat, kindOf } from '../../core/dtype.ts';
import { internal } from '../../core/errors.ts';
import { numbersOf, type ReferenceTensor, wrapInteger } from '../../core/reference.ts';
import type { Reference, ReferenceResult } from '../operator.ts';
import type { UnaryAttributes } from './attributes.ts';

export const unaryReference: Reference<UnaryAttributes> = ([x], attributes, { single }) => {
  if (!x) throw internal('a unary operator has no input');
  const { function: name, parameters } = attributes;
  const [alpha = 0, beta = 0] = parameters;
  if (!isFloat(x.type)) return [ofIntegers(x, name)];
  const test = floatTests.get(name);
  if (test) {
    return [{ value: numbersOf(x).map((number) => Number(test.compute(number, alpha, beta))) }];
  }
  return [ofFloats(x, floatFunctions.get(name) as PointwiseFunction, alpha, beta, single)];
};

function ofIntegers(x: ReferenceTensor, name: string): ReferenceResult {
  const row = integerFunctions.get(name);
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
export function ofFloats(
  x: ReferenceTensor,
  row: PointwiseFunction,
  alpha: number,
  beta: number,
  single: boolean,
): ReferenceResult {
  const input = numbersOf(x);
  const exact = input.map((number) => row.compute(number, alpha, beta));
  const value = single ? exact.map(Math.fround) : exact;
  const slope = input.map((number) => row.lipschitz(alpha, beta, number));
  const scale = (bounds: Float64Array | undefined): Float64Array | undefined =>
    bounds?.map((bound, index) => bound * (slope[index] as number));
  const carried = scale(x.slack);
  const slack =
    carried || row.slack
      ? input.map((number, index) => (carried?.[index] ?? 0) + slackOf(row, number, alpha, beta))
      : undefined;
  return { value, magnitude: scale(x.magnitude), terms: x.terms, slack };
}
