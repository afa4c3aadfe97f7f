/** TensorProto → HostTensor: every encoding that ONNX allows, checked before memory is taken. */

import { allocate, bytesPerElement, type DataType, isBigInt } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type HostTensor, hostTensor } from '../../core/tensor.ts';
import { readTensorMessage, type TensorProto } from './proto.ts';

/** TensorProto.DataType by number; those without a type here are unsupported, and named so. */
const elementTypes: readonly (readonly [string, DataType?])[] = [
  ['undefined'],
  ['float', 'float32'],
  ['uint8', 'uint8'],
  ['int8', 'int8'],
  ['uint16', 'uint16'],
  ['int16', 'int16'],
  ['int32', 'int32'],
  ['int64', 'int64'],
  ['string'],
  ['bool', 'bool'],
  ['float16', 'float16'],
  ['double', 'float64'],
  ['uint32', 'uint32'],
  ['uint64', 'uint64'],
  ['complex64'],
  ['complex128'],
  ['bfloat16'],
  ['float8e4m3fn'],
  ['float8e4m3fnuz'],
  ['float8e5m2'],
  ['float8e5m2fnuz'],
  ['uint4'],
  ['int4'],
  ['float4e2m1'],
  ['float8e8m0'],
  ['uint2'],
  ['int2'],
];

/** wgconv's type for a number of TensorProto.DataType, or undefined. */
export function elementTypeOf(dataType: number): DataType | undefined {
  return elementTypes[dataType]?.[1];
}

/** ONNX's name of a number of TensorProto.DataType. */
export function elementTypeName(dataType: number): string {
  return elementTypes[dataType]?.[0] ?? `number ${dataType}`;
}

/** The type, or an `unsupported-type` (unknown number: `invalid-model`) error that names `what`. */
export function requireElementType(dataType: number, what: string, value: string): DataType {
  const type = elementTypeOf(dataType);
  if (type) return type;
  if (dataType === 0 || !elementTypes[dataType]) {
    throw new WgconvError('invalid-model', `${what} has an unknown element type (${dataType})`, {
      value,
    });
  }
  throw new WgconvError(
    'unsupported-type',
    `${what} has elements of type ${elementTypeName(dataType)}, which wgconv does not support`,
    { value, data: { type: elementTypeName(dataType) } },
  );
}

/** A test-data file of ONNX (`input_0.pb`): one tensor and its name. */
export function readTensorProto(bytes: Uint8Array): { name: string; tensor: HostTensor } {
  const proto = readTensorMessage(bytes);
  return { name: proto.name, tensor: tensorOf(proto, `tensor "${proto.name}"`) };
}

/**
 * The tensor's data; a view of the file where it lies there as it is in memory. `what` names the
 * tensor in errors: `initializer "w"`.
 */
export function tensorOf(proto: TensorProto, what: string): HostTensor {
  const { name: value } = proto;
  const fail = (message: string): never => {
    throw new WgconvError('invalid-model', `${what} ${message}`, { value });
  };
  const type = requireElementType(proto.dataType, what, value);
  if (proto.external) {
    const file = proto.external.get('location') ?? 'an unnamed file';
    throw new WgconvError(
      'invalid-model',
      `${what} has its data in another file ("${file}"), which only a model can have`,
      { value, data: { file } },
    );
  }
  const size = checkedSize(proto.dims, fail);
  const dims = proto.dims.map(Number);
  const bytes = size * bytesPerElement(type);
  const expect = (elements: number) => {
    if (elements !== size) {
      fail(`has dims [${dims}], that is ${size} elements, but the file holds ${elements}`);
    }
  };
  if (proto.raw) {
    if (proto.raw.length !== bytes) {
      fail(`has dims [${dims}], that is ${bytes} bytes, but the file holds ${proto.raw.length}`);
    }
    return { type, dims, bytes: proto.raw };
  }
  if (type === 'float32' || type === 'float64') {
    const pieces = type === 'float32' ? proto.floats : proto.doubles;
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    expect(length / bytesPerElement(type));
    return { type, dims, bytes: pieces.length === 1 ? (pieces[0] as Uint8Array) : join(pieces) };
  }
  expect(proto.integers.length);
  const data = allocate(type, size);
  const target = data as { [index: number]: number | bigint };
  const big = isBigInt(type);
  // float16 stands in int32_data as its bits; typed arrays wrap to their own width.
  proto.integers.forEach((integer, index) => {
    target[index] = big ? integer : Number(integer);
  });
  return hostTensor(type, dims, data);
}

/** Product of the dims; throws where one is negative or the product is no exact number. */
function checkedSize(dims: readonly bigint[], fail: (message: string) => never): number {
  if (dims.some((dim) => dim < 0n)) fail(`has a negative dimension: [${dims}]`);
  if (dims.includes(0n)) return 0;
  let size = 1n;
  for (const dim of dims) {
    size *= dim;
    if (size > BigInt(Number.MAX_SAFE_INTEGER)) fail(`is absurdly large: [${dims}]`);
  }
  return Number(size);
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
