/**
 * The format safetensors: eight bytes that count the header's, the header in JSON, the tensors' bytes.
 * https://huggingface.co/docs/safetensors/index#format — read as input that nobody vouches for.
 */

import { bytesPerElement, type DataType } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';

/** As the reference implementation has it. */
const maxHeaderBytes = 100_000_000;

const types: Readonly<Record<string, DataType>> = {
  ...{ F64: 'float64', F32: 'float32', F16: 'float16', BF16: 'float32' },
  ...{ I64: 'int64', I32: 'int32', I16: 'int16', I8: 'int8' },
  ...{ U64: 'uint64', U32: 'uint32', U16: 'uint16', U8: 'uint8', BOOL: 'bool' },
};

/**
 * The tensors by name; those of type BF16 as float32, the others as views into the file's bytes.
 * @throws WgconvError `invalid-model` where the file is damaged, `unsupported-type`
 */
export function parseSafetensors(file: Uint8Array | ArrayBuffer): Map<string, HostTensor> {
  if (!(file instanceof Uint8Array) && !(file instanceof ArrayBuffer)) {
    throw new WgconvError('invalid-argument', 'a safetensors file is given as its bytes');
  }
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  if (bytes.length < 8) damaged('it is shorter than the 8 bytes that start it');
  const size = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (size > BigInt(Math.min(maxHeaderBytes, bytes.length - 8))) {
    damaged(`its header would have ${size} bytes, of which the file has ${bytes.length - 8}`);
  }
  const start = 8 + Number(size);
  const header = parseHeader(bytes.subarray(8, start));
  const data = bytes.subarray(start);
  const tensors = new Map<string, HostTensor>();
  const spans: [begin: number, end: number][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { type, isBfloat, dims, begin, end } = readEntry(name, entry, data.length);
    spans.push([begin, end]);
    const own = data.subarray(begin, end);
    tensors.set(name, { type, dims, bytes: isBfloat ? widened(own) : own });
  }
  checkSpans(spans, data.length);
  return tensors;
}

function parseHeader(bytes: Uint8Array): object {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header;
  } catch (cause) {
    throw new WgconvError('invalid-model', 'the safetensors file’s header is no JSON', { cause });
  }
  return damaged('its header is no object');
}

function readEntry(name: string, entry: unknown, available: number) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const type = typeof dtype === 'string' && Object.hasOwn(types, dtype) ? types[dtype] : undefined;
  if (!type) {
    throw new WgconvError(
      'unsupported-type',
      `the tensor "${name}" of the safetensors file has the element type ${JSON.stringify(dtype)}`,
      { value: name },
    );
  }
  const isCount = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount)) damaged(`the shape of "${name}" is none`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!isCount(begin) || !isCount(end) || begin > end || end > available) {
    return damaged(`the bytes of "${name}" lie outside of it`);
  }
  const dims: readonly number[] = shape;
  const isBfloat = dtype === 'BF16';
  const needed = sizeOf(dims) * (isBfloat ? 2 : bytesPerElement(type));
  if (needed !== end - begin) {
    damaged(`the shape of "${name}" needs ${needed} bytes, but ${end - begin} are given`);
  }
  return { type, isBfloat, dims, begin, end };
}

/** Every byte belongs to one tensor, as the format asks. */
function checkSpans(spans: readonly [begin: number, end: number][], length: number): void {
  let reached = 0;
  for (const [begin, end] of [...spans].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== reached) damaged('its tensors overlap or leave bytes out');
    reached = end;
  }
  if (reached !== length) damaged('it has bytes that belong to no tensor');
}

/** bfloat16 is the upper half of a float32. */
function widened(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length * 2);
  for (let index = 0; index < bytes.length; index += 2) {
    result[index * 2 + 2] = bytes[index] as number;
    result[index * 2 + 3] = bytes[index + 1] as number;
  }
  return result;
}

function damaged(why: string): never {
  throw new WgconvError('invalid-model', `the safetensors file is damaged: ${why}`);
}
