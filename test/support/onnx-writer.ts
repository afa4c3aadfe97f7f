/**
 * Writes ONNX models for tests: `encodeModel({ nodes, inputs, outputs, initializers, opset })`.
 * Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */

import { PbfWriter } from 'pbf';
import type { DataType } from '../../src/core/dtype.ts';
import type { HostTensor } from '../../src/core/tensor.ts';

/**
 * An integer is written as INT and any other number as FLOAT; write `{ float: 1 }` or
 * `{ floats: [1, 2] }` for whole floats.
 */
export type AttributeInput =
  | number
  | bigint
  | string
  | boolean
  | HostTensor
  | readonly number[]
  | readonly bigint[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: BodyInput };

/** A subgraph: what it does not make itself it reads of the graph around it. */
export type BodyInput = Pick<ModelInput, 'nodes' | 'inputs' | 'outputs' | 'initializers' | 'name'>;

export interface NodeInput {
  readonly op: string;
  readonly name?: string;
  readonly domain?: string;
  /** '' leaves an optional input or output out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
}

export interface ValueInput {
  readonly name: string;
  readonly type?: DataType;
  /** A string is a symbolic dimension, '' one of which nothing is known; without dims no shape. */
  readonly dims?: readonly (number | string)[];
}

/** A tensor as bytes, or fields of TensorProto to set by hand. */
export type TensorInput = HostTensor | TensorFields;

export interface TensorFields {
  readonly dims: readonly (number | bigint)[];
  /** Number of TensorProto.DataType. */
  readonly dataType: number;
  readonly raw?: Uint8Array;
  readonly floats?: readonly number[];
  readonly int32s?: readonly number[];
  readonly int64s?: readonly bigint[];
  readonly doubles?: readonly number[];
  readonly uint64s?: readonly bigint[];
  readonly strings?: readonly string[];
  readonly external?: Readonly<Record<string, string>>;
  /** Repeated fields one by one with a tag each, as old writers do. */
  readonly unpacked?: boolean;
}

export interface ModelInput {
  readonly nodes: readonly NodeInput[];
  readonly inputs: readonly ValueInput[];
  readonly outputs: readonly (string | ValueInput)[];
  readonly initializers?: Readonly<Record<string, TensorInput>>;
  readonly sparseInitializers?: readonly string[];
  /** Version of ONNX's own operators; 17 where left out, none written where 0. */
  readonly opset?: number;
  readonly domains?: Readonly<Record<string, number>>;
  readonly irVersion?: number;
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names of functions the model claims to define. */
  readonly functions?: readonly { readonly domain: string; readonly name: string }[];
}

/** TensorProto.DataType. */
export const dataTypeNumbers: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
};

export function encodeModel(model: ModelInput): Uint8Array {
  const writer = new PbfWriter();
  writer.writeVarintField(1, model.irVersion ?? 8);
  writer.writeStringField(2, 'wgconv tests');
  writer.writeMessage(7, writeGraph, model);
  const opset = model.opset ?? 17;
  if (opset !== 0) writer.writeMessage(8, writeOpset, ['', opset] as const);
  for (const domain of Object.entries(model.domains ?? {})) {
    writer.writeMessage(8, writeOpset, domain);
  }
  for (const entry of Object.entries(model.metadata ?? {})) {
    writer.writeMessage(14, writeEntry, entry);
  }
  for (const { domain, name } of model.functions ?? []) {
    writer.writeMessage(
      25,
      (_, w) => [w.writeStringField(1, name), w.writeStringField(10, domain)],
      0,
    );
  }
  return writer.finish();
}

/** A TensorProto on its own, as the ONNX test data's `.pb` files hold. */
export function encodeTensor(tensor: TensorInput, name = ''): Uint8Array {
  const writer = new PbfWriter();
  writeTensor([name, tensor], writer);
  return writer.finish();
}

function writeOpset([domain, version]: readonly [string, number], writer: PbfWriter): void {
  writer.writeStringField(1, domain);
  writer.writeVarintField(2, version);
}

function writeEntry([key, value]: readonly [string, string], writer: PbfWriter): void {
  writer.writeStringField(1, key);
  writer.writeStringField(2, value);
}

function writeGraph(model: BodyInput & Partial<ModelInput>, writer: PbfWriter): void {
  for (const node of model.nodes) writer.writeMessage(1, writeNode, node);
  writer.writeStringField(2, model.name ?? 'test');
  for (const entry of Object.entries(model.initializers ?? {})) {
    writer.writeMessage(5, writeTensor, entry);
  }
  for (const input of model.inputs) writer.writeMessage(11, writeValue, input);
  for (const output of model.outputs) {
    writer.writeMessage(12, writeValue, typeof output === 'string' ? { name: output } : output);
  }
  for (const name of model.sparseInitializers ?? []) {
    const values: TensorInput = { dims: [0], dataType: 1 };
    writer.writeMessage(15, (_, w) => w.writeMessage(1, writeTensor, [name, values] as const), 0);
  }
}

function writeNode(node: NodeInput, writer: PbfWriter): void {
  for (const input of node.inputs) writer.writeStringField(1, input);
  for (const output of node.outputs) writer.writeStringField(2, output);
  if (node.name) writer.writeStringField(3, node.name);
  writer.writeStringField(4, node.op);
  for (const entry of Object.entries(node.attributes ?? {})) {
    writer.writeMessage(5, writeAttribute, entry);
  }
  if (node.domain) writer.writeStringField(7, node.domain);
}

function writeAttribute([name, value]: readonly [string, AttributeInput], writer: PbfWriter): void {
  const kind = (type: number) => writer.writeVarintField(20, type);
  writer.writeStringField(1, name);
  if (typeof value === 'boolean' || typeof value === 'bigint' || Number.isInteger(value)) {
    writeInt64Field(3, BigInt(value as number | bigint | boolean), writer);
    kind(2);
  } else if (typeof value === 'number') {
    writer.writeFloatField(2, value);
    kind(1);
  } else if (typeof value === 'string') {
    writer.writeBytesField(4, new TextEncoder().encode(value));
    kind(3);
  } else if ('bytes' in value) {
    writer.writeMessage(5, writeTensor, ['', value] as const);
    kind(4);
  } else if ('float' in value) {
    writer.writeFloatField(2, value.float);
    kind(1);
  } else if ('floats' in value) {
    for (const item of value.floats) writer.writeFloatField(7, item);
    kind(6);
  } else if ('graph' in value) {
    writer.writeMessage(6, writeGraph, value.graph);
    kind(5);
  } else if (value.some((item) => typeof item === 'string')) {
    for (const item of value) {
      writer.writeBytesField(9, new TextEncoder().encode(String(item)));
    }
    kind(8);
  } else if (value.every((item) => typeof item === 'bigint' || Number.isInteger(item))) {
    for (const item of value) writeInt64Field(8, item as number | bigint, writer);
    kind(7);
  } else {
    for (const item of value) writer.writeFloatField(7, Number(item));
    kind(6);
  }
}

function writeTensor([name, tensor]: readonly [string, TensorInput], writer: PbfWriter): void {
  for (const dim of tensor.dims) writeInt64Field(1, dim, writer);
  writer.writeVarintField(2, 'type' in tensor ? dataTypeNumbers[tensor.type] : tensor.dataType);
  // As real writers do: what a tensor is, before its data.
  if (name) writer.writeStringField(8, name);
  if ('type' in tensor) writer.writeBytesField(9, tensor.bytes);
  else writeTensorData(tensor, writer);
}

function writeTensorData(tensor: TensorFields, writer: PbfWriter): void {
  const { raw, floats, int32s, int64s, doubles, uint64s, strings, external, unpacked } = tensor;
  const bigs = (field: number, values: readonly bigint[]) => {
    if (unpacked) {
      for (const value of values) writeInt64Field(field, value, writer);
    } else {
      writer.writeMessage(
        field,
        (list, w) => {
          for (const value of list) writeInt64(value, w);
        },
        values,
      );
    }
  };
  if (floats && unpacked) for (const value of floats) writer.writeFloatField(4, value);
  else if (floats) writer.writePackedFloat(4, [...floats]);
  if (int32s) bigs(5, int32s.map(BigInt));
  for (const text of strings ?? []) writer.writeBytesField(6, new TextEncoder().encode(text));
  if (int64s) bigs(7, int64s);
  if (raw) writer.writeBytesField(9, raw);
  if (doubles && unpacked) for (const value of doubles) writer.writeDoubleField(10, value);
  else if (doubles) writer.writePackedDouble(10, [...doubles]);
  if (uint64s) bigs(11, uint64s);
  for (const entry of Object.entries(external ?? {})) writer.writeMessage(13, writeEntry, entry);
  if (external) writer.writeVarintField(14, 1);
}

/** pbf writes varints through doubles, which hold no int64 beyond 2^53. */
function writeInt64Field(field: number, value: number | bigint, writer: PbfWriter): void {
  writer.writeTag(field, 0);
  writeInt64(BigInt(value), writer);
}

function writeInt64(value: bigint, writer: PbfWriter): void {
  let rest = BigInt.asUintN(64, value);
  // One byte at a time: a number below 128 is the byte itself to `writeVarint`, so the
  // continuation bit is put in by hand.
  while (rest > 0x7fn) {
    writer.realloc(1);
    writer.buf[writer.pos++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  writer.writeVarint(Number(rest));
}

function writeValue(value: ValueInput, writer: PbfWriter): void {
  writer.writeStringField(1, value.name);
  if (value.type === undefined && value.dims === undefined) return;
  const elementType = dataTypeNumbers[value.type ?? 'float32'];
  writer.writeMessage(
    2,
    (_, type) =>
      type.writeMessage(
        1,
        (__, tensorType) => {
          tensorType.writeVarintField(1, elementType);
          if (value.dims) tensorType.writeMessage(2, writeShape, value.dims);
        },
        0,
      ),
    0,
  );
}

function writeShape(dims: readonly (number | string)[], writer: PbfWriter): void {
  for (const dim of dims) {
    writer.writeMessage(
      1,
      (size, w) => {
        if (typeof size === 'number') writeInt64Field(1, size, w);
        else if (size !== '') w.writeStringField(2, size);
      },
      dim,
    );
  }
}
