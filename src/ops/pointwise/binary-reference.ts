/** Oracle of the binary operators: the table's own definitions over broadcast operands. */

import { type DataType, isBigInt, isFloat, kindOf } from '../../core/dtype.ts';
import { internal } from '../../core/errors.ts';
import {
  numbersOf,
  type ReferenceArray,
  type ReferenceTensor,
  wrapInteger,
} from '../../core/reference.ts';
import type { Reference, ReferenceResult } from '../operator.ts';
import { smallest, ulp } from '../slack.ts';
import type { BinaryAttributes } from './attributes.ts';
import {
  binaryDefinitions,
  greatestMultipliedExponent,
  type NamedDefinition,
} from './binary-definitions.ts';
import { operandDims } from './broadcasting.ts';
import { broadcastIndices } from './indices.ts';

export const binaryReference: Reference<BinaryAttributes> = (inputs, attributes, context) => {
  const [a, b] = inputs;
  const [output] = context.outputs;
  const row = binaryDefinitions.get(attributes.function);
  if (!a || !b || !output || !row) throw internal('a binary operator lacks an operand');
  const [atA, atB] = [a, b].map((_, index) =>
    broadcastIndices(operandDims([a, b], index, attributes), output.dims),
  ) as [Uint32Array, Uint32Array];
  if (isFloat(a.type) && isFloat(b.type)) {
    return [ofFloats(row, broadcast(a, atA), broadcast(b, atB), context.single)];
  }
  if (isBigInt(a.type) && isBigInt(b.type)) {
    return [{ value: ofBigInts(row, a, atA, b, atB, output.type) }];
  }
  return [ofMixed(row, a, atA, b, atB, output.type)];
};

/** Numbers with their bounds, spread to the result's shape. */
interface Bounded {
  readonly value: Float64Array;
  readonly magnitude: Float64Array;
  readonly slack: Float64Array;
  readonly terms: number;
}

function broadcast(tensor: ReferenceTensor, at: Uint32Array): Bounded {
  const { magnitude, slack, terms = 1 } = tensor;
  const numbers = numbersOf(tensor);
  const value = new Float64Array(at.length);
  const sizes = new Float64Array(at.length);
  const slacks = new Float64Array(at.length);
  at.forEach((from, index) => {
    value[index] = numbers[from] as number;
    sizes[index] = magnitude?.[from] ?? Math.abs(numbers[from] as number);
    slacks[index] = slack?.[from] ?? 0;
  });
  return { value, magnitude: sizes, slack: slacks, terms };
}

function ofFloats(row: NamedDefinition, a: Bounded, b: Bounded, single: boolean): ReferenceResult {
  const length = a.value.length;
  const value = new Float64Array(length);
  const magnitude = new Float64Array(length);
  const slack = new Float64Array(length);
  const ambiguous = row.name === 'fmod' ? new Uint8Array(length) : undefined;
  for (let index = 0; index < length; index++) {
    const x = a.value[index] as number;
    const y = b.value[index] as number;
    const exact = row.float(x, y);
    value[index] = single ? Math.fround(exact) : exact;
    const bound = boundsOf(row.name, {
      x,
      y,
      result: exact,
      magnitudeX: a.magnitude[index] as number,
      magnitudeY: b.magnitude[index] as number,
      slackX: a.slack[index] as number,
      slackY: b.slack[index] as number,
    });
    magnitude[index] = bound.magnitude;
    slack[index] = bound.slack;
    if (ambiguous) ambiguous[index] = nearMultiple(x, y) ? 1 : 0;
  }
  if (row.result === 'bool') return { value };
  // A division is within 2.5 ulp, five roundings.
  const terms = a.terms + b.terms + (row.name === 'div' ? 5 : 0);
  return ambiguous ? { value, slack, ambiguous } : { value, magnitude, terms, slack };
}

interface Facts {
  readonly x: number;
  readonly y: number;
  readonly result: number;
  readonly magnitudeX: number;
  readonly magnitudeY: number;
  readonly slackX: number;
  readonly slackY: number;
}

/** How errors of the operands reach the result, and what the operation adds. */
function boundsOf(name: string, facts: Facts): { magnitude: number; slack: number } {
  const { x, y, result, magnitudeX, magnitudeY, slackX, slackY } = facts;
  switch (name) {
    case 'add':
    case 'sub':
      return { magnitude: magnitudeX + magnitudeY, slack: slackX + slackY };
    case 'mul':
      return {
        magnitude: magnitudeX * magnitudeY,
        slack: slackX * (magnitudeY + slackY) + slackY * magnitudeX,
      };
    case 'div': {
      // A relative error of the divisor is one of the quotient.
      const size = Math.abs(y);
      const growth = Math.max(1, magnitudeY / size);
      return {
        magnitude: (magnitudeX / size) * growth,
        slack: (slackX + (slackY * Math.abs(x)) / size) / size,
      };
    }
    case 'prelu':
      if (x >= 0) return { magnitude: magnitudeX, slack: slackX };
      return {
        magnitude: magnitudeX * magnitudeY,
        slack: slackX * magnitudeY + slackY * magnitudeX + Math.abs(result) * ulp,
      };
    case 'pow':
      return { magnitude: powerMagnitude(facts), slack: powerSlack(facts) };
    case 'fmod':
      // Without a fused multiply-add the product of quotient and divisor is rounded.
      return { magnitude: 0, slack: Math.abs(x) * ulp };
    default:
      return { magnitude: Math.max(magnitudeX, magnitudeY), slack: Math.max(slackX, slackY) };
  }
}

/** Rounding of a sum in the base comes through as |y x^(y-1)| of it. */
function powerMagnitude({ x, y, result, magnitudeX }: Facts): number {
  if (magnitudeX === Math.abs(x) || x === 0) return 0;
  return Math.abs((y * result * magnitudeX) / x);
}

/** Powers by multiplication lose at most ½ ulp a factor; others by log2 and exp2 of WGSL. */
function powerSlack({ x, y, result, slackX, slackY }: Facts): number {
  const size = Math.abs(result);
  if (!Number.isFinite(size) || x === 0) return 0;
  const log = Math.log2(Math.abs(x));
  const carried = slackX * Math.abs((y * result) / x) + slackY * Math.abs(log) * Math.LN2 * size;
  if (Number.isInteger(y) && Math.abs(y) <= greatestMultipliedExponent) {
    return carried + size * ulp * (0.5 * Math.abs(y) + 2.5) + smallest;
  }
  const logError = Math.abs(x) > 0.5 && Math.abs(x) < 2 ? 2 ** -21 : 3 * ulp * Math.abs(log);
  const exponent = y * log;
  const relative =
    Math.LN2 * (Math.abs(y) * logError + Math.abs(exponent) * ulp) +
    (3 + 2 * Math.abs(exponent)) * ulp;
  return carried + size * relative + smallest;
}

/** The quotient lies so near an integer that its rounding may fall on the other side. */
function nearMultiple(x: number, y: number): boolean {
  const quotient = Math.abs(x / y);
  return (
    Math.abs(quotient - Math.round(quotient)) <= 4 * ulp * Math.max(quotient, 1) && quotient > 0.5
  );
}

function ofBigInts(
  row: NamedDefinition,
  a: ReferenceTensor,
  atA: Uint32Array,
  b: ReferenceTensor,
  atB: Uint32Array,
  type: DataType,
): ReferenceArray {
  const { big } = row;
  if (!big) throw internal(`${row.name} takes no ${a.type}`);
  const compute = (index: number): bigint =>
    big(a.value[atA[index] as number] as bigint, b.value[atB[index] as number] as bigint);
  if (row.result === 'bool') return Float64Array.from(atA, (_, index) => Number(compute(index)));
  // Stores into these arrays wrap to 64 bits.
  const value = type === 'uint64' ? new BigUint64Array(atA.length) : new BigInt64Array(atA.length);
  for (let index = 0; index < value.length; index++) value[index] = compute(index);
  return value;
}

/** Integers of up to 32 bits and bool, and powers of two different types. */
function ofMixed(
  row: NamedDefinition,
  a: ReferenceTensor,
  atA: Uint32Array,
  b: ReferenceTensor,
  atB: Uint32Array,
  type: DataType,
): ReferenceResult {
  if (isFloat(type)) {
    // A float to the power of an integer.
    return ofFloats(row, broadcast(a, atA), broadcast(toFloats(b), atB), false);
  }
  if (isBigInt(type)) return { value: bigPowers(row, a, atA, b, atB, type) };
  const compute = row.integer ?? row.float;
  const value = new Float64Array(atA.length);
  const ambiguous = isFloat(b.type) ? new Uint8Array(atA.length) : undefined;
  for (let index = 0; index < value.length; index++) {
    const x = Number(a.value[atA[index] as number]);
    const y = Number(b.value[atB[index] as number]);
    const exact = compute(x, y);
    value[index] = kindOf(type) === 'bool' ? exact : wrapInteger(type, exact);
    if (ambiguous && !Number.isInteger(y)) {
      // A float32 power, truncated: may miss by what it is off.
      const power = x ** y;
      const off = powerSlack({
        x,
        y,
        result: power,
        magnitudeX: x,
        magnitudeY: y,
        slackX: 0,
        slackY: 0,
      });
      ambiguous[index] = Math.trunc(power - off) !== Math.trunc(power + off) ? 1 : 0;
    }
  }
  return ambiguous ? { value, ambiguous } : { value };
}

function toFloats(tensor: ReferenceTensor): ReferenceTensor {
  return { ...tensor, type: 'float64', value: Float64Array.from(tensor.value, Number) };
}

/** An int64 base with an exponent of another type: whole exponents exactly, others truncated. */
function bigPowers(
  row: NamedDefinition,
  a: ReferenceTensor,
  atA: Uint32Array,
  b: ReferenceTensor,
  atB: Uint32Array,
  type: DataType,
): ReferenceArray {
  const value = type === 'uint64' ? new BigUint64Array(atA.length) : new BigInt64Array(atA.length);
  for (let index = 0; index < value.length; index++) {
    const x = a.value[atA[index] as number] as bigint;
    const y = Number(b.value[atB[index] as number]);
    const power = Math.trunc(Number(x) ** y);
    value[index] = Number.isInteger(y)
      ? (row.big?.(x, BigInt(y)) ?? 0n)
      : BigInt(Number.isFinite(power) ? power : 0);
  }
  return value;
}
