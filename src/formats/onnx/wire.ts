/**
 * Bounds-checked protobuf reading over pbf's reader: nothing is read past the end of the message
 * it belongs to, wire types must fit, and int64 keeps all of its bits.
 * Format: https://protobuf.dev/programming-guides/encoding/
 */

import { PbfReader } from 'pbf';
import { WgconvError } from '../../core/errors.ts';

const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const utf8 = new TextDecoder();

/** Throws `invalid-model`; every complaint about a file's bytes goes through here. */
export function malformed(message: string, cause?: unknown): never {
  throw new WgconvError('invalid-model', message, { cause });
}

export class WireReader {
  readonly #pbf: PbfReader;
  /** Where the message that is being read ends. */
  #end: number;

  /** @param length of the whole file, where `bytes` are only its start */
  constructor(bytes: Uint8Array, length = bytes.length) {
    // A plain array even over Node's Buffer, whose `slice` makes a view.
    this.#pbf = new PbfReader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#end = length;
  }

  /** Where the field that is being read begins, behind its number. */
  get position(): number {
    return this.#pbf.pos;
  }

  /** Where the message that is being read ends. */
  get end(): number {
    return this.#end;
  }

  /** Calls `read` for each field of the message; a field that it does not read is skipped. */
  fields(read: (field: number) => void): void {
    const pbf = this.#pbf;
    for (;;) {
      const field = this.#nextField();
      if (field === 0) return;
      read(field);
      if (pbf.pos > this.#end) this.#truncated();
    }
  }

  /** Reads a message field: `read` is called for each field inside. */
  message(read: (field: number) => void): void {
    const outer = this.#end;
    this.#end = this.#lengthEnd();
    this.fields(read);
    this.#pbf.pos = this.#end;
    this.#end = outer;
  }

  /** A view of the file, not a copy. */
  bytes(): Uint8Array {
    const end = this.#lengthEnd();
    const bytes = this.#pbf.buf.subarray(this.#pbf.pos, end);
    this.#pbf.pos = end;
    return bytes;
  }

  string(): string {
    return utf8.decode(this.bytes());
  }

  float(): number {
    this.#expect(WireType.fixed32);
    this.#need(4);
    return this.#pbf.readFloat();
  }

  /** An int64 with all its bits. */
  int64(): bigint {
    this.#expect(WireType.varint);
    return this.#varint(this.#end);
  }

  /** An int64 as a number: rounded beyond 2^53, which keeps "to the end" (2^63 − 1) what it is. */
  integer(): number {
    return Number(this.int64());
  }

  /** Appends the values of a repeated integer field, packed or one by one. */
  int64s(into: bigint[]): void {
    if (this.#pbf.type !== WireType.bytes) {
      into.push(this.int64());
      return;
    }
    const end = this.#lengthEnd();
    while (this.#pbf.pos < end) into.push(this.#varint(end));
  }

  /** Appends the values of a repeated `float` or `double` field as their bytes. */
  fixed(size: 4 | 8, into: Uint8Array[]): void {
    const pbf = this.#pbf;
    if (pbf.type === WireType.bytes) {
      const bytes = this.bytes();
      if (bytes.length % size !== 0)
        malformed('a list of numbers in the file ends inside a number');
      into.push(bytes);
      return;
    }
    this.#expect(size === 4 ? WireType.fixed32 : WireType.fixed64);
    this.#need(size);
    into.push(pbf.buf.subarray(pbf.pos, pbf.pos + size));
    pbf.pos += size;
  }

  #nextField(): number {
    const pbf = this.#pbf;
    let field: number;
    try {
      field = pbf.nextField(this.#end);
    } catch (cause) {
      malformed('the file is damaged, or no ONNX model', cause);
    }
    if (pbf.pos > this.#end) this.#truncated();
    if (field <= 0 && pbf.pos < this.#end) malformed('the file is damaged: a field has no number');
    return field;
  }

  #lengthEnd(): number {
    this.#expect(WireType.bytes);
    const length = this.#varint(this.#end);
    const left = this.#end - this.#pbf.pos;
    if (length < 0n || length > BigInt(left)) {
      malformed(
        `the file is truncated or damaged: ${BigInt.asUintN(64, length)} bytes should follow, but ${left} are left`,
      );
    }
    return this.#pbf.pos + Number(length);
  }

  #varint(end: number): bigint {
    const { buf } = this.#pbf;
    // 64 bits in parts of 28, 28 and 8: shifts of numbers stay within 32 bits, and the common
    // short numbers cost one BigInt.
    const parts = [0, 0, 0];
    for (let index = 0; index < 10; index++) {
      if (this.#pbf.pos >= end) this.#truncated();
      const byte = buf[this.#pbf.pos++] as number;
      const part = Math.floor(index / 4);
      parts[part] = (parts[part] as number) | ((byte & 0x7f) << (7 * (index % 4)));
      if (byte < 0x80) {
        const [low = 0, middle = 0, high = 0] = parts;
        if (index < 4) return BigInt(low);
        return BigInt.asIntN(64, BigInt(low) | (BigInt(middle) << 28n) | (BigInt(high) << 56n));
      }
    }
    return malformed('the file is damaged: a number has more than ten bytes');
  }

  #expect(type: number): void {
    if (this.#pbf.type !== type) {
      malformed(`the file is damaged: a field has wire type ${this.#pbf.type} in place of ${type}`);
    }
  }

  #need(bytes: number): void {
    if (this.#pbf.pos + bytes > this.#end) this.#truncated();
  }

  #truncated(): never {
    malformed(`the file is truncated or damaged: it ends inside a field`);
  }
}
