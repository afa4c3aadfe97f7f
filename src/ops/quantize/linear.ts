/**
 * QuantizeLinear and DequantizeLinear, per tensor, per axis and in blocks.
 * https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html — opset 10 to 25. The types that wgconv
 * does not have (float8, 4 and 2 bits) are refused by name.
 */

import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { type QuantizeVariant, quantize } from '../../../shaders/quantize.ts';
import type { DataType } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { isStatic, sameDims, sizeOf, type TensorType } from '../../core/shape.ts';
import { movement } from '../movement/candidate.ts';
import { elementTypeOfNumber } from '../onnx-types.ts';
import {
  type AnyOperator,
  type AttributeReader,
  type Candidate,
  defineOperator,
  type LoweringIO,
} from '../operator.ts';
import {
  type GranularityAttributes,
  granularityOf,
  type QuantizeAttributes,
  rangeOf,
} from './granularity.ts';

const narrow: readonly DataType[] = ['int8', 'uint8', 'int16', 'uint16'];

function readAttributes(source: AttributeReader): QuantizeAttributes {
  const blockSize = source.int('block_size', 0);
  if (blockSize < 0) source.fail('"block_size" must not be negative');
  // Speaks of float8 types only.
  source.has('saturate');
  const type = (name: string) => {
    const number = source.int(name, 0);
    return number === 0 ? undefined : elementTypeOfNumber(number);
  };
  return {
    axis: source.int('axis', 1),
    blockSize,
    outputType: type('output_dtype'),
    precision: type('precision'),
  };
}

function requireType(what: string, { type }: TensorType, allowed: readonly DataType[]): void {
  if (allowed.includes(type)) return;
  throw new WgconvError('wrong-type', `${what} is ${type}, but must be ${allowed.join(', ')}`);
}

function checkShapes(
  x: TensorType,
  scale: TensorType,
  zero: TensorType | undefined,
  attributes: GranularityAttributes,
): void {
  if (zero && !sameDims(zero.dims, scale.dims) && isStatic(zero) && isStatic(scale)) {
    // A scalar beside a vector of one is one number all the same.
    if (sizeOf(zero.dims) !== 1 || sizeOf(scale.dims) !== 1) {
      throw new WgconvError(
        'invalid-shape',
        `the scale is [${scale.dims}], but the zero point [${zero.dims}]: they must have one shape`,
      );
    }
  }
  if (isStatic(x) && isStatic(scale)) granularityOf(x.dims, scale.dims, attributes);
}

function lower(io: LoweringIO, attributes: QuantizeAttributes): readonly Candidate[] {
  const [x, scale, zero] = io.inputs;
  const [y] = io.outputs;
  if (!x || !scale || !y) return [];
  const count = Math.ceil(sizeOf(x.dims) / 4);
  const quantises = y.element === 'i32' || y.element === 'u32';
  const [low, high] = quantises ? rangeOf(y.type) : [0, 0];
  const step = dispatch(
    quantize,
    // Narrow integers have the same bits in i32 and u32.
    {
      from: x.element === 'u32' ? 'i32' : x.element,
      scale: scale.element as QuantizeVariant['scale'],
      to: y.element === 'u32' ? 'i32' : y.element,
    },
    {
      count,
      ...granularityOf(x.dims, scale.dims, attributes),
      hasZero: zero ? 1 : 0,
      half: (attributes.precision ?? scale.type) === 'float16' ? 1 : 0,
      low,
      high,
    },
    [input(0), input(1), input(zero ? 2 : 1), output(0)],
    lineWorkgroups(count),
  );
  return [movement(quantises ? 'quantize' : 'dequantize', count === 0 ? [] : [step], [x, y])];
}

const quantizeLinear = defineOperator<QuantizeAttributes>({
  type: 'QuantizeLinear',
  arity: { inputs: [2, 3], outputs: [1, 1] },
  attributes(source) {
    const attributes = readAttributes(source);
    const { precision } = attributes;
    if (precision && precision !== 'float32' && precision !== 'float16') {
      source.fail(`"precision" must be float32 or float16, not ${precision}`);
    }
    return attributes;
  },
  infer([x, scale, zero], attributes) {
    if (!x || !scale) throw new WgconvError('missing-input', 'QuantizeLinear needs x and y_scale');
    requireType('x', x, ['float32', 'float16', 'int32']);
    requireType('y_scale', scale, ['float32', 'float16', 'int32']);
    const { outputType = zero?.type ?? 'uint8' } = attributes;
    if (zero && zero.type !== outputType) {
      throw new WgconvError(
        'wrong-type',
        `output_dtype is ${outputType}, but y_zero_point is ${zero.type}`,
      );
    }
    const y = { type: outputType, dims: x.dims };
    requireType('y', y, narrow);
    checkShapes(x, scale, zero, attributes);
    return [y];
  },
  accuracy: 'discrete',
  traits: {},
  reference: () => import('./reference.ts').then((m) => m.quantizeReference),
  lower,
});

const dequantizeLinear = defineOperator<QuantizeAttributes>({
  type: 'DequantizeLinear',
  arity: { inputs: [2, 3], outputs: [1, 1] },
  attributes: readAttributes,
  infer([x, scale, zero], attributes) {
    if (!x || !scale) {
      throw new WgconvError('missing-input', 'DequantizeLinear needs x and x_scale');
    }
    requireType('x', x, [...narrow, 'int32']);
    requireType('x_scale', scale, ['float32', 'float16']);
    if (zero) requireType('x_zero_point', zero, [x.type]);
    const y = { type: attributes.outputType ?? scale.type, dims: x.dims };
    requireType('y', y, ['float32', 'float16']);
    checkShapes(x, scale, zero, attributes);
    return [y];
  },
  accuracy: 'function',
  traits: {},
  reference: () => import('./reference.ts').then((m) => m.dequantizeReference),
  lower,
});

export const linearOperators: readonly AnyOperator[] = [quantizeLinear, dequantizeLinear];
