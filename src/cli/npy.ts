/**
 * NumPy's .npy files, versions 1 to 3: one array, a text header, raw elements.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { allocate, bytesPerElement, type DataType } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { sizeOf, stridesOf } from '../core/shape.ts';
import { elementsOf, type HostTensor, hostTensor } from '../core/tensor.ts';

const descriptors: Readonly<Record<DataType, string>> = {
  float32: 'f4',
  float16: 'f2',
  float64: 'f8',
  int8: 'i1',
  uint8: 'u1',
  int16: 'i2',
  uint16: 'u2',
  int32: 'i4',
  uint32: 'u4',
  int64: 'i8',
  uint64: 'u8',
  bool: 'b1',
};

const magic = '\x93NUMPY';

/** @throws WgconvError `invalid-argument` where the bytes are no array that wgconv can hold */
export function readNpy(bytes: Uint8Array): HostTensor {
  const fail = (message: string): never => {
    throw new WgconvError('invalid-argument', `this is no .npy file: ${message}`);
  };
  const latin = new TextDecoder('latin1');
  if (bytes.length < 12 || latin.decode(bytes.subarray(0, 6)) !== magic) {
    fail('it does not begin as one does');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6] as number;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = (version === 1 ? 10 : 12) + length;
  if (start > bytes.length) fail('the header is cut off');
  const header = latin.decode(bytes.subarray(start - length, start));
  const descriptor = /'descr'\s*:\s*'([<>|=]?)(\w+)'/.exec(header);
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  if (!descriptor || !shape || !order) return fail(`its header is ${header.trim()}`);
  const [, endian, code] = descriptor;
  const entry = Object.entries(descriptors).find(([, known]) => known === code);
  if (!entry) return fail(`elements of type "${code}" are not supported`);
  const type = entry[0] as DataType;
  const size = bytesPerElement(type);
  const dims = (shape[1] as string)
    .split(',')
    .map((part) => part.replace('L', '').trim())
    .filter((part) => part !== '')
    .map(Number);
  const expected = sizeOf(dims) * size;
  if (bytes.length - start !== expected) {
    fail(`its shape needs ${expected} bytes of data, but it has ${bytes.length - start}`);
  }
  // A copy: it starts where every element type may be read.
  const data = bytes.slice(start);
  if (endian === '>') swapBytes(data, size);
  const tensor: HostTensor = { type, dims, bytes: data };
  return order[1] === 'True' ? fromColumnMajor(tensor) : tensor;
}

export function writeNpy({ type, dims, bytes }: HostTensor): Uint8Array {
  const code = descriptors[type];
  const endian = bytesPerElement(type) === 1 ? '|' : '<';
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const text = `{'descr': '${endian}${code}', 'fortran_order': False, 'shape': ${shape}, }`;
  // The data begins at a multiple of 64 bytes, after spaces and a line feed.
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const file = new Uint8Array(start + bytes.length);
  const header = `${text.padEnd(start - 11)}\n`;
  for (let at = 0; at < 6; at++) file[at] = magic.charCodeAt(at);
  file[6] = 1;
  new DataView(file.buffer).setUint16(8, header.length, true);
  file.set(new TextEncoder().encode(header), 10);
  file.set(bytes, start);
  return file;
}

function swapBytes(data: Uint8Array, size: number): void {
  for (let at = 0; at < data.length; at += size) data.subarray(at, at + size).reverse();
}

/** First axis fastest → last axis fastest. */
function fromColumnMajor(tensor: HostTensor): HostTensor {
  const { type, dims } = tensor;
  const source = elementsOf(tensor) as Float64Array;
  const target = allocate(type, source.length) as Float64Array;
  const strides = stridesOf(dims);
  for (let index = 0; index < source.length; index++) {
    let rest = index;
    let at = 0;
    for (let axis = 0; axis < dims.length; axis++) {
      const dim = dims[axis] as number;
      at += (rest % dim) * (strides[axis] as number);
      rest = Math.floor(rest / dim);
    }
    target[at] = source[index] as number;
  }
  return hostTensor(type, dims, target);
}
