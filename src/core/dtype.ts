/** Element types of tensors: their JavaScript arrays, sizes and numeric ranges; float16 conversion. */

export type DataType =
  | 'float32'
  | 'float16'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

interface TypeFacts {
  readonly bytes: number;
  /** float16 is kept as its bits in a Uint16Array, bool as 0/1 in a Uint8Array. */
  readonly array: {
    new (length: number): TypedArray;
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  };
  readonly kind: 'float' | 'int' | 'uint' | 'bool';
}

const facts: Readonly<Record<DataType, TypeFacts>> = {
  float32: { bytes: 4, array: Float32Array, kind: 'float' },
  float16: { bytes: 2, array: Uint16Array, kind: 'float' },
  float64: { bytes: 8, array: Float64Array, kind: 'float' },
  int8: { bytes: 1, array: Int8Array, kind: 'int' },
  uint8: { bytes: 1, array: Uint8Array, kind: 'uint' },
  int16: { bytes: 2, array: Int16Array, kind: 'int' },
  uint16: { bytes: 2, array: Uint16Array, kind: 'uint' },
  int32: { bytes: 4, array: Int32Array, kind: 'int' },
  uint32: { bytes: 4, array: Uint32Array, kind: 'uint' },
  int64: { bytes: 8, array: BigInt64Array, kind: 'int' },
  uint64: { bytes: 8, array: BigUint64Array, kind: 'uint' },
  bool: { bytes: 1, array: Uint8Array, kind: 'bool' },
};

export const dataTypes = Object.keys(facts) as readonly DataType[];

/** Bytes of one element. */
export function bytesPerElement(type: DataType): number {
  return facts[type].bytes;
}

export function kindOf(type: DataType): TypeFacts['kind'] {
  return facts[type].kind;
}

export function isFloat(type: DataType): boolean {
  return facts[type].kind === 'float';
}

/** int64 and uint64: the types whose JavaScript values are bigint. */
export function isBigInt(type: DataType): type is 'int64' | 'uint64' {
  return type === 'int64' || type === 'uint64';
}

/** Types that WebGPU cannot compute with; arithmetic on them runs on the host. */
export function isHostOnly(type: DataType): boolean {
  return type === 'float64' || isBigInt(type);
}

/** A new zero-filled array for `length` elements. */
export function allocate(type: DataType, length: number): TypedArray {
  return new facts[type].array(length);
}

/**
 * Sees bytes as elements; copies only where the address is not aligned for the type.
 * Every file format here and every host WebGPU runs on is little-endian.
 */
export function viewElements(type: DataType, bytes: Uint8Array): TypedArray {
  const { bytes: size, array } = facts[type];
  // Not `slice`: that of Node's Buffer makes a view.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / size));
}

export function viewBytes(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const scratch = new DataView(new ArrayBuffer(8));

/** IEEE 754 binary16 bits to a number (exact). */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number to IEEE 754 binary16 bits, rounded once, to nearest, ties to even. */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  scratch.setFloat64(0, value);
  const sign = (scratch.getUint8(0) & 0x80) << 8;
  const absolute = Math.abs(value);
  if (absolute >= 65520) return sign | 0x7c00;
  // Scale so that one unit is one step of the target's grid, then round to even.
  const exponent = Math.max(Math.floor(Math.log2(absolute || 1)), -14);
  const exact = absolute < 2 ** exponent ? Math.max(exponent - 1, -14) : exponent;
  const steps = roundToEven(absolute / 2 ** (exact - 10));
  if (absolute < 2 ** -14) return sign | steps;
  return sign | (((exact + 15) << 10) + (steps - 1024));
}

/** Rounds to the nearest integer, halves to the even one (IEEE 754 roundTiesToEven). */
export function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const difference = value - floor;
  if (difference < 0.5) return floor;
  if (difference > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
