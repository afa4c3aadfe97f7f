/**
 * Products of 8-bit integers: ConvInteger and MatMulInteger give int32 sums, QLinearConv and
 * QLinearMatMul quantised results. Weights stay packed on the device, four to a word.
 * https://onnx.ai/onnx/operators/onnx__QLinearConv.html and its like, opset 10 and 21.
 */

import type { DataType } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type Dim, sizeOf, type TensorType } from '../../core/shape.ts';
import type { ConvAttributes } from '../conv/geometry.ts';
import { convAttributes, convOutput } from '../conv/output.ts';
import { matMulSizes } from '../matmul/sizes.ts';
import { type AnyOperator, defineOperator, type NodeFacts } from '../operator.ts';
import { lowerIntegers } from './lower.ts';
import { convLowering, matMulLowering } from './problem.ts';
import {
  type IntegerRoles,
  integerRoles,
  isNumbers,
  parameterStrides,
  quantisedRoles,
  type Spread,
} from './roles.ts';

type Inputs = readonly (TensorType | undefined)[];

const bytes: readonly DataType[] = ['int8', 'uint8'];

function requireType(what: string, type: TensorType | undefined, allowed: readonly DataType[]) {
  if (!type || allowed.includes(type.type)) return;
  throw new WgconvError(
    'wrong-type',
    `${what} is ${type.type}, but must be ${allowed.join(' or ')}`,
  );
}

/** Types and presence of all inputs; type of the output. */
function checkTypes(
  inputs: Inputs,
  roles: IntegerRoles,
): { x: TensorType; w: TensorType; y: DataType } {
  const [x, w] = [inputs[roles.x], inputs[roles.w]];
  if (!x || !w) throw new WgconvError('missing-input', 'both operands are needed');
  requireType('the first operand', x, bytes);
  requireType('the second operand', w, bytes);
  requireType("the first operand's zero point", inputs[roles.xZero], [x.type]);
  requireType("the second operand's zero point", inputs[roles.wZero], [w.type]);
  const { quantised } = roles;
  if (!quantised) return { x, w, y: 'int32' };
  const { xScale, wScale, yScale, yZero, bias } = quantised;
  const [scale, zero] = [inputs[xScale], inputs[yZero]];
  for (const index of [xScale, wScale, yScale, yZero]) {
    if (!inputs[index]) throw new WgconvError('missing-input', `input ${index} is needed`);
  }
  requireType('a scale', scale, ['float32', 'float16']);
  for (const index of [wScale, yScale]) {
    requireType('a scale', inputs[index], scale ? [scale.type] : []);
  }
  requireType("the result's zero point", zero, bytes);
  requireType('the bias', inputs[bias], ['int32']);
  return { x, w, y: zero?.type ?? 'uint8' };
}

/** That scales and zero points fit, where all sizes are known. `spreads`: of x, w and y. */
function checkParameters(
  inputs: Inputs,
  roles: IntegerRoles,
  result: readonly Dim[],
  spreads: readonly [Spread | 'one', Spread, Spread | 'one'],
): void {
  checkResultShapes(inputs, roles);
  if (!isNumbers(result)) return;
  const { xZero, wZero, quantised } = roles;
  const { xScale, wScale, yScale, yZero } = quantised ?? {};
  const all = [
    ['the scale of x', xScale, spreads[0]],
    ['the zero point of x', xZero, spreads[0]],
    ['the scale of w', wScale, spreads[1]],
    ['the zero point of w', wZero, spreads[1]],
    ['the scale of y', yScale, spreads[2]],
    ['the zero point of y', yZero, spreads[2]],
  ] as const;
  for (const [what, index, spread] of all) {
    const dims = index === undefined ? undefined : inputs[index]?.dims;
    if (!dims || !isNumbers(dims)) continue;
    if (spread !== 'one') parameterStrides(what, dims, spread, result);
    else if (sizeOf(dims) !== 1) {
      throw new WgconvError('invalid-shape', `${what} is [${dims}], but must be one number`);
    }
  }
}

/** The zero point of y is read where its scale is. */
function checkResultShapes(inputs: Inputs, { quantised }: IntegerRoles): void {
  if (!quantised) return;
  const [scale, zero] = [quantised.yScale, quantised.yZero].map((at) => inputs[at]?.dims ?? []);
  if (!scale || !zero || !isNumbers(scale) || !isNumbers(zero)) return;
  if (sizeOf(scale) !== sizeOf(zero)) {
    throw new WgconvError(
      'invalid-shape',
      `the scale of y is [${scale}], but its zero point [${zero}]: they must have one shape`,
    );
  }
}

function inferConv(inputs: Inputs, attributes: ConvAttributes, roles: IntegerRoles): TensorType[] {
  const { x, w, y } = checkTypes(inputs, roles);
  const bias = roles.quantised && inputs[roles.quantised.bias];
  const dims = convOutput(x, w, bias, attributes);
  const [, channels = 1, ...pixels] = dims;
  const plane = isNumbers(pixels) ? sizeOf(pixels) : 'pixels';
  checkParameters(inputs, roles, [channels, plane], ['one', 'row', 'one']);
  return [{ type: y, dims }];
}

function inferMatMul(inputs: Inputs, roles: IntegerRoles): TensorType[] {
  const { x, w, y } = checkTypes(inputs, roles);
  const { batch, rows, columns, result } = matMulSizes(x.dims, w.dims);
  checkParameters(inputs, roles, [...batch, rows, columns], ['row', 'column', 'row']);
  return [{ type: y, dims: result }];
}

function convMacs({ inputs, outputs: [y] }: NodeFacts, roles: IntegerRoles): number {
  const perOutput = inputs[roles.w]?.dims.slice(1) ?? [];
  return [...perOutput, ...(y?.dims ?? [])].reduce<number>((n, dim) => n * Number(dim), 1);
}

function matMulMacs({ inputs, outputs: [y] }: NodeFacts, roles: IntegerRoles): number {
  const depth = inputs[roles.x]?.dims.at(-1) ?? 1;
  return [depth, ...(y?.dims ?? [])].reduce<number>((n, dim) => n * Number(dim), 1);
}

const reference = () => import('./reference.ts');

const convInteger = defineOperator<ConvAttributes>({
  type: 'ConvInteger',
  arity: { inputs: [2, 4], outputs: [1, 1] },
  attributes: convAttributes,
  infer: (inputs, attributes) => inferConv(inputs, attributes, integerRoles),
  accuracy: 'exact',
  traits: { macs: (facts) => convMacs(facts, integerRoles) },
  reference: () => reference().then((m) => m.convIntegerReference),
  lower: (io, attributes, caps) =>
    lowerIntegers(io, convLowering(io, attributes, integerRoles), integerRoles, caps),
});

const qLinearConv = defineOperator<ConvAttributes>({
  type: 'QLinearConv',
  arity: { inputs: [8, 9], outputs: [1, 1] },
  attributes: convAttributes,
  infer: (inputs, attributes) => inferConv(inputs, attributes, quantisedRoles),
  accuracy: 'discrete',
  traits: { macs: (facts) => convMacs(facts, quantisedRoles) },
  reference: () => reference().then((m) => m.qLinearConvReference),
  lower: (io, attributes, caps) =>
    lowerIntegers(io, convLowering(io, attributes, quantisedRoles), quantisedRoles, caps),
});

const matMulInteger = defineOperator<null>({
  type: 'MatMulInteger',
  arity: { inputs: [2, 4], outputs: [1, 1] },
  attributes: () => null,
  infer: (inputs) => inferMatMul(inputs, integerRoles),
  accuracy: 'exact',
  traits: { macs: (facts) => matMulMacs(facts, integerRoles) },
  reference: () => reference().then((m) => m.matMulIntegerReference),
  lower: (io, _, caps) => lowerIntegers(io, matMulLowering(io, integerRoles), integerRoles, caps),
});

const qLinearMatMul = defineOperator<null>({
  type: 'QLinearMatMul',
  arity: { inputs: [8, 8], outputs: [1, 1] },
  attributes: () => null,
  infer: (inputs) => inferMatMul(inputs, quantisedRoles),
  accuracy: 'discrete',
  traits: { macs: (facts) => matMulMacs(facts, quantisedRoles) },
  reference: () => reference().then((m) => m.qLinearMatMulReference),
  lower: (io, _, caps) =>
    lowerIntegers(io, matMulLowering(io, quantisedRoles), quantisedRoles, caps),
});

export const integerOperators: readonly AnyOperator[] = [
  convInteger,
  qLinearConv,
  matMulInteger,
  qLinearMatMul,
];
