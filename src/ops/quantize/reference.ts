/** The oracles of QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear. */

import { float16ToNumber, numberToFloat16, roundToEven } from '../../core/dtype.ts';
import { numbersOf } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import { ulp } from '../slack.ts';
import { granularityOf, type QuantizeAttributes, rangeOf, scaleAt } from './granularity.ts';

const toHalf = (x: number): number => float16ToNumber(numberToFloat16(x));

/**
 * saturate(round(quotient) + zero), NaN as if it were 0. The sum is kept in the type's range, so
 * that infinities end at its ends.
 */
export function saturate(
  quotient: number,
  zero: number,
  [low, high]: readonly [number, number],
): number {
  const whole = Number.isNaN(quotient) ? 0 : roundToEven(quotient);
  return Math.min(Math.max(whole + zero, low), high);
}

/** The quotient is rounded to the type of the division, which the specification gives. */
export const quantizeReference: Reference<QuantizeAttributes> = (
  [x, scale, zero],
  attributes,
  { outputs },
) => {
  const [type] = outputs;
  if (!x || !scale || !type) throw new TypeError('QuantizeLinear takes x and y_scale');
  const round = (attributes.precision ?? scale.type) === 'float16' ? toHalf : Math.fround;
  const granularity = granularityOf(x.dims, scale.dims, attributes);
  const range = rangeOf(type.type);
  const scales = numbersOf(scale);
  const zeros = zero && numbersOf(zero);
  const values = numbersOf(x);
  const value = new Float64Array(values.length);
  const ambiguous = new Uint8Array(values.length);
  values.forEach((number, index) => {
    const at = scaleAt(granularity, index);
    const quotient = round(number) / round(scales[at] as number);
    const by = (factor: number) => saturate(round(quotient * factor), zeros?.[at] ?? 0, range);
    value[index] = by(1);
    // A division is within 2.5 ulp, a conversion of an int32 within one.
    ambiguous[index] = by(1 - 4 * ulp) === by(1 + 4 * ulp) ? 0 : 1;
  });
  return [{ value, ambiguous }];
};

export const dequantizeReference: Reference<QuantizeAttributes> = (
  [x, scale, zero],
  attributes,
) => {
  if (!x || !scale) throw new TypeError('DequantizeLinear takes x and x_scale');
  const granularity = granularityOf(x.dims, scale.dims, attributes);
  const scales = numbersOf(scale);
  const zeros = zero && numbersOf(zero);
  const value = numbersOf(x).map((number, index) => {
    const at = scaleAt(granularity, index);
    return (number - (zeros?.[at] ?? 0)) * (scales[at] as number);
  });
  // An int32 is rounded to float32 before the product is.
  const slack = x.type === 'int32' ? value.map((number) => Math.abs(number) * ulp) : undefined;
  return [{ value, slack }];
};

/**
 * The range of x and 0 is brought to [0, 255]. The scale is a float32, by which x is divided. Where
 * x is all zero the formula would divide zero by zero; the scale is then 1 / 255, as ONNX's own
 * reference has it (onnxruntime: 1): y and the zero point are 0. NaN widens no range.
 */
export const dynamicQuantizeReference: Reference<unknown> = ([x]) => {
  if (!x) throw new TypeError('DynamicQuantizeLinear takes x');
  const values = numbersOf(x);
  let [low, high] = [0, 0];
  for (const number of values) {
    if (number < low) low = number;
    if (number > high) high = number;
  }
  const range = [0, 255] as const;
  const scale = Math.fround(Math.fround(high - low || 1) / 255);
  const zeroBy = (factor: number) => roundToEven(Math.min((-low / scale) * factor, 255));
  const zero = zeroBy(1);
  // The scale and the quotient by it: a difference and two divisions.
  const error = 8 * ulp;
  const zeroAmbiguous = zeroBy(1 - error) !== zeroBy(1 + error);
  const value = new Float64Array(sizeOf(x.dims));
  const ambiguous = new Uint8Array(value.length);
  values.forEach((number, index) => {
    const by = (factor: number) => saturate(Math.fround((number / scale) * factor), zero, range);
    value[index] = by(1);
    ambiguous[index] = zeroAmbiguous || by(1 - error) !== by(1 + error) ? 1 : 0;
  });
  return [
    { value, ambiguous },
    { value: Float64Array.of(scale), slack: Float64Array.of(4 * ulp * scale) },
    { value: Float64Array.of(zero), ambiguous: Uint8Array.of(zeroAmbiguous ? 1 : 0) },
  ];
};
