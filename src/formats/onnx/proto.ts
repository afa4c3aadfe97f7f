/**
 * The messages of an ONNX file as plain data, before anything is made of them.
 * Fields: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

import { malformed, WireReader } from './wire.ts';

export interface ModelProto {
  readonly irVersion: number;
  readonly producer: string;
  /** Version of each operator set by its domain; '' is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly metadata: ReadonlyMap<string, string>;
  /** `domain:name` of the functions that the model defines itself. */
  readonly functions: ReadonlySet<string>;
  readonly graph: GraphProto;
  /** Tensors, wherever in the model, whose data is in other files. */
  readonly external: readonly TensorProto[];
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly sparseInitializers: readonly string[];
  readonly inputs: readonly ValueProto[];
  readonly outputs: readonly ValueProto[];
  readonly values: readonly ValueProto[];
}

export interface NodeProto {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name: string;
  /** Number of AttributeProto.AttributeType; 0 where an old writer left it out. */
  readonly type: number;
  readonly f?: number;
  readonly i?: bigint;
  readonly s?: string;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats: readonly number[];
  readonly ints: readonly bigint[];
  readonly strings: readonly string[];
}

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly bigint[];
  readonly dataType: number;
  /** A view of the file. */
  readonly raw?: Uint8Array;
  /** Bytes of `float_data` and `double_data`, in as many pieces as the file has. */
  readonly floats: readonly Uint8Array[];
  readonly doubles: readonly Uint8Array[];
  /** `int32_data`, `int64_data` and `uint64_data`; a tensor has at most one of them. */
  readonly integers: readonly bigint[];
  /** Name of the file and place in it, where the data is not in this one. */
  readonly external?: ReadonlyMap<string, string>;
}

export interface ValueProto {
  readonly name: string;
  /** Number of TensorProto.DataType; undefined where the value is no dense tensor or untyped. */
  readonly elementType?: number;
  /** What it is where it is no tensor. */
  readonly otherKind?: 'sequence' | 'map' | 'sparse tensor' | 'optional';
  /** A number, a name, or undefined where nothing is known; undefined where the rank is not. */
  readonly dims?: readonly (number | string | undefined)[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

class OnnxReader extends WireReader {
  readonly external: TensorProto[] = [];
  /** Graphs around the one that is read. */
  depth = 0;
}

/** Bodies within bodies: more is a damaged or hostile model. */
const deepestGraph = 32;

/** Decodes a file; throws `invalid-model` where it is none. */
export function readModelProto(bytes: Uint8Array): ModelProto {
  const reader = new OnnxReader(bytes);
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const functions = new Set<string>();
  let irVersion = 0;
  let producer = '';
  let graph: GraphProto | undefined;
  reader.fields((field) => {
    if (field === 1) irVersion = reader.integer();
    else if (field === 2) producer = reader.string();
    else if (field === 7) graph = readGraph(reader);
    else if (field === 8) {
      let domain = '';
      let version = 0;
      reader.message((part) => {
        if (part === 1) domain = reader.string();
        else if (part === 2) version = reader.integer();
      });
      opsets.set(domain === 'ai.onnx' ? '' : domain, version);
    } else if (field === 14) metadata.set(...readEntry(reader));
    else if (field === 25) functions.add(readFunctionName(reader));
  });
  if (irVersion < 1 || !graph) {
    malformed('the file is no ONNX model: it has no IR version or no graph');
  }
  return { irVersion, producer, opsets, metadata, functions, graph, external: reader.external };
}

function readGraph(reader: OnnxReader): GraphProto {
  if (reader.depth > deepestGraph) malformed(`graphs are nested more than ${deepestGraph} deep`);
  reader.depth++;
  const graph = emptyGraph();
  reader.message((field) => readGraphField(reader, field, graph));
  reader.depth--;
  return graph;
}

function emptyGraph() {
  return {
    name: '',
    nodes: [] as NodeProto[],
    initializers: [] as TensorProto[],
    sparseInitializers: [] as string[],
    inputs: [] as ValueProto[],
    outputs: [] as ValueProto[],
    values: [] as ValueProto[],
  };
}

function readGraphField(
  reader: OnnxReader,
  field: number,
  graph: ReturnType<typeof emptyGraph>,
): void {
  if (field === 1) graph.nodes.push(readNode(reader));
  else if (field === 2) graph.name = reader.string();
  else if (field === 5) graph.initializers.push(readTensor(reader));
  else if (field === 11) graph.inputs.push(readValue(reader));
  else if (field === 12) graph.outputs.push(readValue(reader));
  else if (field === 13) graph.values.push(readValue(reader));
  else if (field === 15) {
    let name = '';
    reader.message((part) => {
      if (part === 1) name = readTensor(reader).name;
    });
    graph.sparseInitializers.push(name);
  }
}

/** The graph of a file of which the rest is still to come. */
export interface ArrivedGraph {
  /** What has come of it. */
  readonly graph: GraphProto;
  /** Where it begins in the file, its tag included, and ends. */
  readonly begin: number;
  readonly end: number;
}

/**
 * @param bytes as long as the file, with zeros where nothing has come yet: a tensor whose shape has come
 * counts, with zeros for data
 */
export function readArrivedGraph(bytes: Uint8Array): ArrivedGraph | undefined {
  const reader = new OnnxReader(bytes);
  const graph = emptyGraph();
  let place: { readonly begin: number; readonly end: number } | undefined;
  try {
    reader.fields((field) => {
      if (field !== 7) return;
      const begin = reader.position - 1;
      reader.message((part) => {
        place ??= { begin, end: reader.end };
        readGraphField(reader, part, graph);
      });
    });
  } catch {
    // Here it goes on.
  }
  return place && { ...place, graph };
}

function readNode(reader: OnnxReader): NodeProto {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: AttributeProto[] = [];
  let name = '';
  let op = '';
  let domain = '';
  reader.message((field) => {
    if (field === 1) inputs.push(reader.string());
    else if (field === 2) outputs.push(reader.string());
    else if (field === 3) name = reader.string();
    else if (field === 4) op = reader.string();
    else if (field === 5) attributes.push(readAttribute(reader));
    else if (field === 7) domain = reader.string();
  });
  return { name, op, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

function readAttribute(reader: OnnxReader): AttributeProto {
  const floatBytes: Uint8Array[] = [];
  const ints: bigint[] = [];
  const strings: string[] = [];
  const attribute: Partial<Writable<AttributeProto>> = {};
  reader.message((field) => {
    if (field === 1) attribute.name = reader.string();
    else if (field === 2) attribute.f = reader.float();
    else if (field === 3) attribute.i = reader.int64();
    else if (field === 4) attribute.s = reader.string();
    else if (field === 5) attribute.t = readTensor(reader);
    else if (field === 6) attribute.g = readGraph(reader);
    else if (field === 7) reader.fixed(4, floatBytes);
    else if (field === 8) reader.int64s(ints);
    else if (field === 9) strings.push(reader.string());
    else if (field === 20) attribute.type = reader.integer();
  });
  const floats = floatBytes.flatMap((bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
  });
  return { name: '', type: 0, ...attribute, floats, ints, strings };
}

/** Reads a tensor inside another message. */
function readTensor(reader: OnnxReader): TensorProto {
  return collectTensor(reader, (read) => reader.message(read));
}

/** Decodes a file that holds one TensorProto. */
export function readTensorMessage(bytes: Uint8Array): TensorProto {
  const reader = new OnnxReader(bytes);
  return collectTensor(reader, (read) => reader.fields(read));
}

function collectTensor(
  reader: OnnxReader,
  walk: (read: (field: number) => void) => void,
): TensorProto {
  const dims: bigint[] = [];
  const floats: Uint8Array[] = [];
  const doubles: Uint8Array[] = [];
  const integers: bigint[] = [];
  const external = new Map<string, string>();
  const tensor: Partial<Writable<TensorProto>> = {};
  let isExternal = false;
  walk((field) => {
    if (field === 1) reader.int64s(dims);
    else if (field === 2) tensor.dataType = reader.integer();
    else if (field === 4) reader.fixed(4, floats);
    else if (field === 5 || field === 7 || field === 11) reader.int64s(integers);
    else if (field === 8) tensor.name = reader.string();
    else if (field === 9) tensor.raw = reader.bytes();
    else if (field === 10) reader.fixed(8, doubles);
    else if (field === 13) external.set(...readEntry(reader));
    else if (field === 14) isExternal = reader.integer() === 1;
  });
  const result = { name: '', dataType: 0, ...tensor, dims, floats, doubles, integers };
  if (!isExternal) return result;
  const elsewhere = { ...result, external };
  reader.external.push(elsewhere);
  return elsewhere;
}

function readValue(reader: OnnxReader): ValueProto {
  const value: Partial<Writable<ValueProto>> = {};
  reader.message((field) => {
    if (field === 1) value.name = reader.string();
    else if (field === 2) {
      reader.message((kind) => {
        if (kind === 1) readTensorType(reader, value);
        else if (kind === 4) value.otherKind = 'sequence';
        else if (kind === 5) value.otherKind = 'map';
        else if (kind === 8) value.otherKind = 'sparse tensor';
        else if (kind === 9) value.otherKind = 'optional';
      });
    }
  });
  return { name: '', ...value };
}

function readTensorType(reader: OnnxReader, value: Partial<Writable<ValueProto>>): void {
  reader.message((field) => {
    if (field === 1) value.elementType = reader.integer();
    else if (field === 2) {
      const dims: (number | string | undefined)[] = [];
      reader.message((part) => {
        if (part !== 1) return;
        let dim: number | string | undefined;
        reader.message((kind) => {
          if (kind === 1) dim = reader.integer();
          else if (kind === 2) dim = reader.string() || undefined;
        });
        dims.push(dim);
      });
      value.dims = dims;
    }
  });
}

function readEntry(reader: OnnxReader): [string, string] {
  let key = '';
  let value = '';
  reader.message((field) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
  });
  return [key, value];
}

function readFunctionName(reader: OnnxReader): string {
  let name = '';
  let domain = '';
  reader.message((field) => {
    if (field === 1) name = reader.string();
    else if (field === 10) domain = reader.string();
  });
  return `${domain}:${name}`;
}
