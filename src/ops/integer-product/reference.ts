/**
 * The oracles: Conv and MatMul of what is left of the integers without their zero points, which
 * float64 sums exactly (below 2^53).
 *
 * Padding of a convolution stands for zero, that is for x's zero point: it adds nothing to a sum.
 * ONNX's specification leaves this open for ConvInteger; its own reference and its published case
 * `test_convinteger_with_padding` have it so, and only so does quantising commute with padding.
 */

import { numbersOf, type ReferenceTensor, wrapInteger } from '../../core/reference.ts';
import { sizeOf, stridesOf } from '../../core/shape.ts';
import type { ConvAttributes } from '../conv/geometry.ts';
import { convReference } from '../conv/reference.ts';
import { matMulReference } from '../matmul/reference.ts';
import { matMulSizes } from '../matmul/sizes.ts';
import type { Reference, ReferenceContext } from '../operator.ts';
import { rangeOf } from '../quantize/granularity.ts';
import { saturate } from '../quantize/reference.ts';
import { ulp } from '../slack.ts';
import {
  type IntegerRoles,
  integerRoles,
  parameterStrides,
  quantisedRoles,
  type Spread,
} from './roles.ts';

type Inputs = readonly (ReferenceTensor | undefined)[];

/** Element `index` of `dims` read with the strides of a parameter. */
function walk(index: number, dims: readonly number[], strides: readonly number[]): number {
  const own = stridesOf(dims);
  return dims.reduce(
    (at, size, axis) =>
      at + (Math.floor(index / (own[axis] as number)) % size) * (strides[axis] as number),
    0,
  );
}

/** x − zero. */
function centred(
  x: ReferenceTensor,
  zero: ReferenceTensor | undefined,
  spread: Spread,
  dims: readonly number[],
): ReferenceTensor {
  if (!zero) return x;
  const zeros = numbersOf(zero);
  const strides = parameterStrides('a zero point', zero.dims, spread, dims);
  const value = numbersOf(x).map(
    (number, index) => number - (zeros[walk(index, dims, strides)] as number),
  );
  return { ...x, value };
}

/** Dims of a convolution's weights or result as rows of channels. */
const asRows = ([first = 1, ...rest]: readonly number[]) => [first, sizeOf(rest)];

function convSums(
  inputs: Inputs,
  attributes: ConvAttributes,
  context: ReferenceContext,
  roles: IntegerRoles,
): Float64Array {
  const { x, w } = operands(inputs, roles);
  const source = centred(x, inputs[roles.xZero], 'row', asRows(x.dims));
  const weight = centred(w, inputs[roles.wZero], 'row', asRows(w.dims));
  const [sums] = convReference([source, weight], attributes, context);
  return sums?.value as Float64Array;
}

function matMulSums(
  inputs: Inputs,
  _: unknown,
  context: ReferenceContext,
  roles: IntegerRoles,
): Float64Array {
  const { x, w } = operands(inputs, roles);
  const left = x.dims.length === 1 ? [1, ...x.dims] : x.dims;
  const right = w.dims.length === 1 ? [...w.dims, 1] : w.dims;
  // As if of floats: the sums are wrapped afterwards.
  const a = { ...centred(x, inputs[roles.xZero], 'row', left), type: 'float32' as const };
  const b = { ...centred(w, inputs[roles.wZero], 'column', right), type: 'float32' as const };
  const [sums] = matMulReference([a, b], {}, context);
  return sums?.value as Float64Array;
}

function operands(inputs: Inputs, roles: IntegerRoles) {
  const [x, w] = [inputs[roles.x], inputs[roles.w]];
  if (!x || !w) throw new TypeError('an integer product takes two operands');
  return { x, w };
}

type Sums<A> = (
  inputs: Inputs,
  attributes: A,
  context: ReferenceContext,
  roles: IntegerRoles,
) => Float64Array;

/** Sums in int32, which wrap. */
const integer =
  <A>(sums: Sums<A>, roles: IntegerRoles): Reference<A> =>
  (inputs, attributes, context) => [
    {
      value: sums(inputs, attributes, context, roles).map((sum) => wrapInteger('int32', sum)),
    },
  ];

/**
 * saturate(round((sum + bias) · xScale · wScale / yScale) + yZero), halves to the even number. The
 * factor's two products and its division, the sum's conversion and the last product are rounded on
 * a device: within 6 ulp.
 */
const quantised =
  <A>(
    sums: Sums<A>,
    roles: IntegerRoles,
    resultOf: (inputs: Inputs, output: readonly number[]) => readonly number[],
    wSpread: Spread,
  ): Reference<A> =>
  (inputs, attributes, context) => {
    const [type] = context.outputs;
    const scaled = roles.quantised;
    if (!type || !scaled) throw new TypeError('a quantised product has one output');
    const dims = resultOf(inputs, type.dims);
    const parameter = (what: string, index: number, spread: Spread) => {
      const tensor = inputs[index] as ReferenceTensor;
      const strides = parameterStrides(what, tensor.dims, spread, dims);
      const values = numbersOf(tensor);
      return (at: number) => values[walk(at, dims, strides)] as number;
    };
    const xScale = parameter('the scale of x', scaled.xScale, 'row');
    const wScale = parameter('the scale of w', scaled.wScale, wSpread);
    const yScale = parameter('the scale of y', scaled.yScale, 'row');
    const yZero = parameter('the zero point of y', scaled.yZero, 'row');
    const bias = inputs[scaled.bias] && parameter('the bias', scaled.bias, 'row');
    const all = sums(inputs, attributes, context, roles);
    const range = rangeOf(type.type);
    const value = new Float64Array(all.length);
    const ambiguous = new Uint8Array(all.length);
    all.forEach((sum, index) => {
      const exact = wrapInteger('int32', sum + (bias?.(index) ?? 0));
      const real = (exact * xScale(index) * wScale(index)) / yScale(index);
      const by = (factor: number) => saturate(real * factor, yZero(index), range);
      value[index] = by(1);
      ambiguous[index] = by(1 - 6 * ulp) === by(1 + 6 * ulp) ? 0 : 1;
    });
    return [{ value, ambiguous }];
  };

/** `[images, channels, pixels]`: the parameters of w and the bias lie along the channels. */
const convResult = (_: Inputs, [images = 1, channels = 1, ...pixels]: readonly number[]) => [
  images,
  channels,
  sizeOf(pixels),
];

/** `[…batch, rows, columns]`, also where an operand is a vector. */
const matMulResult = (inputs: Inputs) => {
  const { x, w } = operands(inputs, quantisedRoles);
  const { batch, rows, columns } = matMulSizes(x.dims, w.dims);
  return [...batch, rows, columns].map(Number);
};

export const convIntegerReference = integer(convSums, integerRoles);
export const matMulIntegerReference = integer(matMulSums, integerRoles);
export const qLinearConvReference = quantised(convSums, quantisedRoles, convResult, 'row');
export const qLinearMatMulReference = quantised(matMulSums, quantisedRoles, matMulResult, 'column');
