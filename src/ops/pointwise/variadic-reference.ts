/** Oracle of Max, Min, Sum and Mean. */

import { isBigInt } from '../../core/dtype.ts';
import { internal } from '../../core/errors.ts';
import { magnitudeOf, numbersOf, type ReferenceTensor } from '../../core/reference.ts';
import type { Reference, ReferenceResult } from '../operator.ts';
import type { VariadicAttributes } from './attributes.ts';
import { broadcastIndices } from './indices.ts';

export const variadicReference: Reference<VariadicAttributes> = (
  inputs,
  { function: name },
  { outputs, single },
) => {
  const operands = inputs.filter((input) => input !== undefined);
  const [output] = outputs;
  if (!output || operands.length === 0) throw internal('a variadic operator has no operand');
  const at = operands.map((operand) => broadcastIndices(operand.dims, output.dims));
  if (isBigInt(output.type)) return [ofBigInts(operands, at, name)];
  return [
    name === 'max' || name === 'min'
      ? extremes(operands, at, name)
      : sums(operands, at, name, single),
  ];
};

function ofBigInts(
  operands: readonly ReferenceTensor[],
  at: readonly Uint32Array[],
  name: string,
): ReferenceResult {
  const [first] = at;
  const length = first?.length ?? 0;
  const unsigned = operands[0]?.type === 'uint64';
  const value = unsigned ? new BigUint64Array(length) : new BigInt64Array(length);
  for (let index = 0; index < length; index++) {
    let best: bigint | undefined;
    operands.forEach((operand, position) => {
      const next = operand.value[at[position]?.[index] ?? 0] as bigint;
      if (best === undefined || (name === 'max' ? next > best : next < best)) best = next;
    });
    value[index] = best ?? 0n;
  }
  return { value };
}

/** NaN wins, as in numpy: Math.max and Math.min do the same. */
function extremes(
  operands: readonly ReferenceTensor[],
  at: readonly Uint32Array[],
  name: 'max' | 'min',
): ReferenceResult {
  const pick = name === 'max' ? Math.max : Math.min;
  const over = (
    valuesOf: (operand: ReferenceTensor) => Float64Array,
    choose: (...values: number[]) => number,
  ): Float64Array => {
    const arrays = operands.map(valuesOf);
    return Float64Array.from({ length: at[0]?.length ?? 0 }, (_, index) =>
      choose(...arrays.map((values, position) => values[at[position]?.[index] ?? 0] ?? 0)),
    );
  };
  const value = over(numbersOf, pick);
  // The error of the greatest is at most the greatest error.
  const bounded = operands.some(({ magnitude, slack }) => magnitude ?? slack);
  if (!bounded) return { value };
  return {
    value,
    magnitude: over(magnitudeOf, Math.max),
    slack: over(({ slack, value: { length } }) => slack ?? new Float64Array(length), Math.max),
    terms: Math.max(...operands.map(({ terms = 1 }) => terms)),
  };
}

function sums(
  operands: readonly ReferenceTensor[],
  at: readonly Uint32Array[],
  name: string,
  single: boolean,
): ReferenceResult {
  const length = at[0]?.length ?? 0;
  const round = single ? Math.fround : (number: number): number => number;
  const divisor = name === 'mean' ? operands.length : 1;
  const value = new Float64Array(length);
  const magnitude = new Float64Array(length);
  const slack = new Float64Array(length);
  let terms = name === 'mean' ? 5 : 0; // the division's 2.5 ulp
  operands.forEach((operand, position) => {
    const numbers = numbersOf(operand);
    terms += operand.terms ?? 1;
    at[position]?.forEach((from, index) => {
      const number = numbers[from] as number;
      value[index] = round((value[index] as number) + number);
      magnitude[index] =
        (magnitude[index] as number) + (operand.magnitude?.[from] ?? Math.abs(number));
      slack[index] = (slack[index] as number) + (operand.slack?.[from] ?? 0);
    });
  });
  if (divisor === 1) return { value, magnitude, slack, terms };
  return {
    value: value.map((sum) => round(sum / divisor)),
    magnitude: magnitude.map((sum) => sum / divisor),
    slack: slack.map((sum) => sum / divisor),
    terms,
  };
}
