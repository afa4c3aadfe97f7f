/** .npy files, against bytes written by hand from NumPy's description of the format. */
import { describe, expect, test } from 'vitest';
import { readNpy, writeNpy } from '../../../src/cli/npy.ts';
import { elementsOf, hostTensor } from '../../../src/core/tensor.ts';

/** A file as NumPy writes it: magic, version, header length, header, data. */
function npyFile(header: string, data: Uint8Array, version = 1): Uint8Array {
  const length = version === 1 ? 2 : 4;
  const text = `${header.padEnd(118 - 10 - 1)}\n`;
  const bytes = new Uint8Array(8 + length + text.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(bytes.buffer).setUint16(8, text.length, true);
  bytes.set(new TextEncoder().encode(text), 8 + length);
  bytes.set(data, 8 + length + text.length);
  return bytes;
}

const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer);

describe('readNpy', () => {
  test('reads a 2×3 array of float32', () => {
    const data = new Float32Array([1, 2, 3, 4, 5, 6]);
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    const tensor = readNpy(npyFile(header, bytesOf(data)));
    expect(tensor).toMatchObject({ type: 'float32', dims: [2, 3] });
    expect([...elementsOf(tensor)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('reads version 2, whose header length has four bytes', () => {
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
    const tensor = readNpy(npyFile(header, new Uint8Array([7, 8]), 2));
    expect(tensor).toEqual({ type: 'uint8', dims: [2], bytes: new Uint8Array([7, 8]) });
  });

  test('turns the bytes of a big-endian array', () => {
    const header = "{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }";
    const tensor = readNpy(npyFile(header, new Uint8Array([0, 1, 0xff, 0xfe])));
    expect([...elementsOf(tensor)]).toEqual([1, -2]);
  });

  test('puts an array in Fortran order into row-major order', () => {
    // [[1, 2, 3], [4, 5, 6]] lies column by column.
    const data = new Int32Array([1, 4, 2, 5, 3, 6]);
    const header = "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }";
    const tensor = readNpy(npyFile(header, bytesOf(data)));
    expect([...elementsOf(tensor)]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('reads a single value, an array without dimensions', () => {
    const header = "{'descr': '<i8', 'fortran_order': False, 'shape': (), }";
    const tensor = readNpy(npyFile(header, bytesOf(new BigInt64Array([-5n]))));
    expect(tensor.dims).toEqual([]);
    expect([...elementsOf(tensor)]).toEqual([-5n]);
  });

  test.each([
    ['an empty file', new Uint8Array(0), 'does not begin'],
    ['text', new TextEncoder().encode('not an array at all'), 'does not begin'],
    [
      'a file that is cut off',
      npyFile("{'descr': '<f4', 'fortran_order': False, 'shape': (9,), }", new Uint8Array(8)),
      'needs 36 bytes of data, but it has 8',
    ],
    [
      'complex numbers',
      npyFile("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8)),
      'type "c8"',
    ],
  ])('says what is wrong with %s', (_, bytes, message) => {
    expect(() => readNpy(bytes)).toThrow(message);
  });
});

describe('writeNpy', () => {
  test('writes the header that NumPy reads, and the data at a multiple of 64', () => {
    const file = writeNpy(hostTensor('float32', [3], new Float32Array([1, 2, 3])));
    const text = new TextDecoder('latin1').decode(file);
    expect(text.slice(1, 6)).toBe('NUMPY');
    expect([file[0], file[6], file[7]]).toEqual([0x93, 1, 0]);
    const length = new DataView(file.buffer).getUint16(8, true);
    expect((10 + length) % 64).toBe(0);
    expect(text[10 + length - 1]).toBe('\n');
    expect(text.slice(10, 10 + length).trimEnd()).toBe(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
    );
    expect([...new Float32Array(file.slice(10 + length).buffer)]).toEqual([1, 2, 3]);
  });

  test.each([
    hostTensor('float32', [2, 1], new Float32Array([1.5, Number.NaN])),
    hostTensor('bool', [2], new Uint8Array([0, 1])),
    hostTensor('float16', [1], new Uint16Array([0x3c00])),
    hostTensor('int64', [], new BigInt64Array([1n << 60n])),
    hostTensor('float64', [0, 4], new Float64Array(0)),
  ])('what it writes of %o is read back', (tensor) => {
    expect(readNpy(writeNpy(tensor))).toEqual(tensor);
  });
});
