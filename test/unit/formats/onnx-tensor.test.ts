/** TensorProto in all of its encodings, against values written by hand. */

import { describe, expect, test } from 'vitest';
import type { DataType, TypedArray } from '../../../src/core/dtype.ts';
import { WgconvError } from '../../../src/core/errors.ts';
import { elementsOf } from '../../../src/core/tensor.ts';
import { readTensorProto } from '../../../src/formats/onnx/index.ts';
import { encodeTensor, type TensorFields } from '../../support/onnx-writer.ts';

const big = 2n ** 63n - 1n;

const encodings: [string, Omit<TensorFields, 'dims'>, DataType, TypedArray][] = [
  ['float_data', { dataType: 1, floats: [1.5, -0] }, 'float32', Float32Array.of(1.5, -0)],
  ['double_data', { dataType: 11, doubles: [1e300, -1] }, 'float64', Float64Array.of(1e300, -1)],
  ['int32_data of int32', { dataType: 6, int32s: [-5, 7] }, 'int32', Int32Array.of(-5, 7)],
  ['int32_data of int8', { dataType: 3, int32s: [-128, 127] }, 'int8', Int8Array.of(-128, 127)],
  ['int32_data of uint8', { dataType: 2, int32s: [0, 255] }, 'uint8', Uint8Array.of(0, 255)],
  ['int32_data of int16', { dataType: 5, int32s: [-300, 3] }, 'int16', Int16Array.of(-300, 3)],
  ['int32_data of uint16', { dataType: 4, int32s: [65535, 1] }, 'uint16', Uint16Array.of(65535, 1)],
  ['int32_data of bool', { dataType: 9, int32s: [0, 1] }, 'bool', Uint8Array.of(0, 1)],
  [
    'int32_data of float16, as bits',
    { dataType: 10, int32s: [0x3c00, 0xc000] },
    'float16',
    Uint16Array.of(0x3c00, 0xc000),
  ],
  [
    'int64_data',
    { dataType: 7, int64s: [big, -big - 1n] },
    'int64',
    BigInt64Array.of(big, -big - 1n),
  ],
  [
    'uint64_data of uint64',
    { dataType: 13, uint64s: [2n ** 64n - 1n, 2n ** 53n + 1n] },
    'uint64',
    BigUint64Array.of(2n ** 64n - 1n, 2n ** 53n + 1n),
  ],
  [
    'uint64_data of uint32',
    { dataType: 12, uint64s: [2n ** 32n - 1n, 5n] },
    'uint32',
    Uint32Array.of(2 ** 32 - 1, 5),
  ],
  [
    'raw_data',
    {
      dataType: 7,
      raw: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255),
    },
    'int64',
    BigInt64Array.of(1n, -1n),
  ],
];

describe.each(encodings)('%s', (_, fields, type, expected) => {
  test.each([false, true])('one field for each element: %s', (unpacked) => {
    const { name, tensor } = readTensorProto(
      encodeTensor({ dims: [2, 1], unpacked, ...fields }, 'the name'),
    );
    expect(name).toBe('the name');
    expect(tensor.type).toBe(type);
    expect(tensor.dims).toEqual([2, 1]);
    expect(elementsOf(tensor)).toEqual(expected);
  });
});

test('elements are read wherever the bytes lie, from a Buffer too', () => {
  const values = Float32Array.of(1, 2, 3);
  const file = encodeTensor({ dims: [3], dataType: 1, raw: new Uint8Array(values.buffer) }, 'w');
  for (let shift = 0; shift < 8; shift++) {
    const buffer = Buffer.alloc(file.length + shift);
    buffer.set(file, shift);
    const { tensor } = readTensorProto(buffer.subarray(shift));
    expect(tensor.bytes.buffer).toBe(buffer.buffer);
    expect(elementsOf(tensor)).toEqual(values);
    expect(elementsOf({ ...tensor, bytes: buffer.subarray(-12) })).toEqual(values);
  }
});

test('a tensor without elements or without dims', () => {
  expect(readTensorProto(encodeTensor({ dims: [0, 3], dataType: 1 })).tensor).toEqual({
    type: 'float32',
    dims: [0, 3],
    bytes: new Uint8Array(),
  });
  const scalar = readTensorProto(encodeTensor({ dims: [], dataType: 1, floats: [4] })).tensor;
  expect(scalar.dims).toEqual([]);
  expect(elementsOf(scalar)).toEqual(Float32Array.of(4));
});

const failures: [string, TensorFields, string, string][] = [
  [
    'fewer bytes than its dims say',
    { dims: [4], dataType: 1, raw: new Uint8Array(12) },
    'invalid-model',
    'tensor "w" has dims [4], that is 16 bytes, but the file holds 12',
  ],
  [
    'more elements than its dims say',
    { dims: [2], dataType: 6, int32s: [1, 2, 3] },
    'invalid-model',
    'tensor "w" has dims [2], that is 2 elements, but the file holds 3',
  ],
  [
    'data in the wrong field',
    { dims: [2], dataType: 1, int32s: [1, 2] },
    'invalid-model',
    'tensor "w" has dims [2], that is 2 elements, but the file holds 0',
  ],
  [
    'a negative dimension',
    { dims: [2, -1], dataType: 1 },
    'invalid-model',
    'tensor "w" has a negative dimension: [2,-1]',
  ],
  [
    'more elements than there are numbers',
    { dims: [2n ** 62n, 2n ** 62n, 0n, 1n].slice(0, 2), dataType: 1 },
    'invalid-model',
    'tensor "w" is absurdly large: [4611686018427387904,4611686018427387904]',
  ],
  [
    'far more elements than bytes',
    { dims: [2 ** 40], dataType: 7, int64s: [1n] },
    'invalid-model',
    'tensor "w" has dims [1099511627776], that is 1099511627776 elements, but the file holds 1',
  ],
  [
    'strings',
    { dims: [1], dataType: 8, strings: ['a'] },
    'unsupported-type',
    'tensor "w" has elements of type string, which wgconv does not support',
  ],
  [
    'an 8-bit float',
    { dims: [1], dataType: 17, raw: new Uint8Array(1) },
    'unsupported-type',
    'tensor "w" has elements of type float8e4m3fn, which wgconv does not support',
  ],
  [
    'a type that ONNX does not have',
    { dims: [1], dataType: 99 },
    'invalid-model',
    'tensor "w" has an unknown element type (99)',
  ],
  [
    'no type',
    { dims: [1], dataType: 0 },
    'invalid-model',
    'tensor "w" has an unknown element type (0)',
  ],
];
test.each(failures)('a tensor with %s is refused', (_, fields, code, message) => {
  try {
    readTensorProto(encodeTensor(fields, 'w'));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(WgconvError);
    expect((error as WgconvError).message).toBe(message);
    expect((error as WgconvError).code).toBe(code);
    expect((error as WgconvError).value).toBe('w');
  }
});
