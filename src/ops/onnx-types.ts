/** Element types as operators' attributes name them: numbers of ONNX's TensorProto.DataType. */

import { type DataType, dataTypes } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';

const types: readonly (DataType | undefined)[] = [
  undefined,
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  undefined,
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
];

/**
 * The element type of that number.
 * @throws WgconvError `unsupported-type` for strings, complex numbers, bfloat16, float8, int4.
 */
export function elementTypeOfNumber(number: number): DataType {
  const type = types[number];
  if (!type) {
    throw new WgconvError(
      'unsupported-type',
      `element type ${number} of ONNX is not supported; wgconv has ${dataTypes.join(', ')}`,
    );
  }
  return type;
}

/** The element type of that name ("FLOAT", "INT64": attributes before opset 6). */
export function elementTypeOfName(name: string): DataType {
  const lower = name.toLowerCase();
  const alias: Readonly<Record<string, DataType>> = { float: 'float32', double: 'float64' };
  const type = alias[lower] ?? dataTypes.find((candidate) => candidate === lower);
  if (!type) throw new WgconvError('unsupported-type', `element type "${name}" is not supported`);
  return type;
}
