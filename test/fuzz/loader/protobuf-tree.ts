/**
 * An ONNX file as a tree of protobuf fields that can be changed and written again, right or wrong: no
 * field has to make sense, and a length may lie.
 */

/** What the length-delimited fields of a message hold, where it is another message or text. */
const schema = {
  Model: { 2: 'text', 7: 'Graph', 8: 'Opset', 14: 'Entry' },
  Graph: {
    ...{ 1: 'Node', 2: 'text', 5: 'Tensor', 11: 'Value', 12: 'Value', 13: 'Value' },
    15: 'SparseTensor',
  },
  Node: { 1: 'text', 2: 'text', 3: 'text', 4: 'text', 5: 'Attribute', 7: 'text' },
  Attribute: { 1: 'text', 4: 'text', 5: 'Tensor', 6: 'Graph', 8: 'integers', 9: 'text' },
  Tensor: { 1: 'integers', 5: 'integers', 7: 'integers', 8: 'text', 11: 'integers', 13: 'Entry' },
  SparseTensor: { 1: 'Tensor' },
  Value: { 1: 'text', 2: 'Type' },
  Type: { 1: 'TensorType' },
  TensorType: { 2: 'Shape' },
  Shape: { 1: 'Dim' },
  Dim: { 2: 'text' },
  Opset: { 1: 'text' },
  Entry: { 1: 'text', 2: 'text' },
} as const satisfies Record<string, Record<number, string>>;

export type MessageKind = keyof typeof schema;

export interface Field {
  number: number;
  /** Wire type. */
  wire: number;
  /** A varint as unsigned 64 bits; any other field as its bytes, or as a message. */
  value: bigint | Uint8Array | Message;
}

export interface Message {
  readonly kind: MessageKind;
  fields: Field[];
}

/** An entry of `external_data` (13) of a tensor. */
export function externalEntry(key: string, value: string): Field {
  return {
    ...{ number: 13, wire: 2 },
    value: {
      kind: 'Entry',
      fields: [key, value].map((part, at) => ({ number: at + 1, wire: 2, value: textBytes(part) })),
    },
  };
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What a field of the message is for; undefined for a plain number or bytes. */
export function roleOf(
  kind: MessageKind,
  field: number,
): MessageKind | 'text' | 'integers' | undefined {
  return (schema[kind] as Record<number, MessageKind | 'text' | 'integers'>)[field];
}

export function isMessage(value: Field['value']): value is Message {
  return typeof value === 'object' && 'kind' in value;
}

export function isBytes(value: Field['value']): value is Uint8Array {
  return value instanceof Uint8Array;
}

/** @throws Error where the bytes are no protobuf message */
export function parseTree(bytes: Uint8Array, kind: MessageKind = 'Model'): Message {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new Error('no varint');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('the message ends inside a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) fields.push({ number, wire, value: varint() });
    else if (wire === 1) fields.push({ number, wire, value: take(8) });
    else if (wire === 5) fields.push({ number, wire, value: take(4) });
    else if (wire === 2) {
      const value = take(Number(varint()));
      const role = roleOf(kind, number);
      const isTree = role !== undefined && role !== 'text' && role !== 'integers';
      fields.push({ number, wire, value: isTree ? parseTree(value, role) : value });
    } else throw new Error(`wire type ${wire}`);
  }
  return { kind, fields };
}

/** How the length of one field lies: that of field number `at`, counted as they are written. */
export interface Lie {
  readonly at: number;
  readonly length: (real: number) => bigint;
}

export function encodeTree(root: Message, lie?: Lie): Uint8Array {
  let count = 0;
  const encode = ({ fields }: Message): Uint8Array => {
    const parts: Uint8Array[] = [];
    for (const { number, wire, value } of fields) {
      parts.push(varintBytes(BigInt(number * 8 + wire)));
      if (typeof value === 'bigint') {
        parts.push(varintBytes(value));
        continue;
      }
      const content = isMessage(value) ? encode(value) : value;
      if (wire === 2) {
        const real = content.length;
        parts.push(varintBytes(count++ === lie?.at ? lie.length(real) : BigInt(real)));
      }
      parts.push(content);
    }
    return joinBytes(parts);
  };
  return encode(root);
}

export function varintBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** All messages of a tree, the outermost first. */
export function messagesOf(root: Message): Message[] {
  const found = [root];
  for (const message of found) {
    for (const { value } of message.fields) if (isMessage(value)) found.push(value);
  }
  return found;
}

/** A copy that can be changed; bytes are shared. */
export function copyTree({ kind, fields }: Message): Message {
  return {
    kind,
    fields: fields.map(({ number, wire, value }) => ({
      ...{ number, wire },
      value: isMessage(value) ? copyTree(value) : value,
    })),
  };
}
