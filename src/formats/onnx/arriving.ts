/**
 * The graph of a file that is still arriving, so that its pipelines compile meanwhile. A writer puts
 * nodes first, then the initialisers, each with its shape before its data, and the inputs last: the end
 * of the file is asked for by itself. All of this is a hint; the whole file is read when it is there.
 */

import type { OnBytes } from '../../core/fetch-bytes.ts';
import { host } from '../../core/host.ts';
import { loadOperators } from '../../ops/index.ts';
import type { OnSketch } from '../files-beside.ts';
import {
  type ArrivedGraph,
  type ModelProto,
  type NodeProto,
  readArrivedGraph,
  readModelProto,
} from './proto.ts';
import { allNodes, graphOf, operatorName } from './read-model.ts';

/** Bytes at the end of the file that are asked for; inputs, outputs and types of values lie there. */
const endBytes = 65_536;

/** As long as this share of the file is to come, another sketch has time to be of use. */
const worthwhile = 0.05;

export class ArrivingModel {
  readonly #url: string | URL;
  readonly #total: number;
  readonly #onSketch: OnSketch;
  /** Aborted when all has come. */
  readonly #signal: AbortSignal;
  #end: Uint8Array | undefined;
  #busy = false;
  /** Bytes that were to come at the latest sketch. */
  #missing = Number.POSITIVE_INFINITY;
  /** Nodes of the latest sketch. */
  #nodes = 0;

  constructor(url: string | URL, total: number, onSketch: OnSketch, signal: AbortSignal) {
    this.#url = url;
    this.#total = total;
    this.#onSketch = onSketch;
    this.#signal = signal;
    this.#fetchEnd().catch(() => {}); // no sketch without it
  }

  /** Sketches what is there, each time that half of what was to come has come. */
  readonly onBytes: OnBytes = ({ buffer, length }) => {
    const missing = this.#total - length;
    if (!this.#end || this.#busy || buffer.byteLength !== this.#total) return;
    if (missing > this.#missing / 2 || missing < worthwhile * this.#total) return;
    this.#missing = missing;
    const model = sketchOf(new Uint8Array(buffer), this.#end);
    if (!model || model.graph.nodes.length <= this.#nodes) return;
    this.#nodes = model.graph.nodes.length;
    this.#busy = true;
    loadOperators(allNodes(model.graph).map(operatorName))
      .then(() => this.#onSketch(() => graphOf(model), this.#signal))
      .catch(() => {}) // an operator that does not load is told of when it is needed
      .finally(() => {
        this.#busy = false;
      });
  };

  async #fetchEnd(): Promise<void> {
    const begin = Math.max(0, this.#total - endBytes);
    const range = `bytes=${begin}-${this.#total - 1}`;
    const init = { headers: { range }, signal: this.#signal };
    const { status, body } = await host.fetch(this.#url, init);
    if (status !== 206) {
      await body?.cancel(); // the whole file once more
      return;
    }
    const bytes = new Uint8Array(await new Response(body).arrayBuffer());
    if (bytes.length === this.#total - begin) this.#end = bytes;
  }
}

/**
 * The nodes whose inputs are known.
 * @param file as long as the whole, with zeros where nothing has come
 * @param last its last bytes
 */
function sketchOf(file: Uint8Array, last: Uint8Array): ModelProto | undefined {
  const arrived = readArrivedGraph(file);
  const rest = arrived && readRest(file, last, arrived);
  // Before IR version 4 initialisers are listed as inputs: those to come could not be told apart.
  if (!rest || rest.irVersion < 4) return undefined;
  const { graph } = arrived;
  const inputs = [...graph.inputs, ...rest.graph.inputs];
  const known = new Set(['', ...inputs.map(({ name }) => name)]);
  for (const { name } of graph.initializers) known.add(name);
  const nodes: NodeProto[] = [];
  const missed = new Set(rest.graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    // What a body reads is not listed with its node.
    if (node.attributes.some(({ g }) => g) || node.inputs.some((name) => !known.has(name))) {
      for (const name of node.inputs) missed.add(name);
      continue;
    }
    for (const name of node.outputs) known.add(name);
    nodes.push(node);
  }
  const made = nodes.flatMap((node) => node.outputs).filter((name) => missed.has(name));
  const outputs = made.map((name) => ({ name }));
  return { ...rest, external: [], graph: { ...rest.graph, ...graph, inputs, nodes, outputs } };
}

/** The file without the nodes and initialisers of its graph. */
function readRest(
  file: Uint8Array,
  last: Uint8Array,
  { begin, end }: ArrivedGraph,
): ModelProto | undefined {
  const offset = file.length - last.length;
  // Before the graph are a few names and numbers.
  if (end < offset || begin > endBytes) return undefined;
  const values = last.subarray(beginOfValues(last, end - offset), end - offset);
  const parts = [file.subarray(0, begin), [graphTag], varint(values.length), values];
  try {
    return readModelProto(
      Uint8Array.from([...parts, last.subarray(end - offset)].flatMap((part) => [...part])),
    );
  } catch {
    return undefined;
  }
}

/** Of field 7 of ModelProto. */
const graphTag = (7 << 3) | 2;
/** Of the fields 10 to 14 of GraphProto: its text, inputs, outputs, types of values, and quantisation. */
const valueTags: ReadonlySet<number> = new Set(
  [10, 11, 12, 13, 14].map((field) => (field << 3) | 2),
);
const inputTag = (11 << 3) | 2;

/** Where the inputs begin: from there to the end of the graph there are whole fields alone. */
function beginOfValues(bytes: Uint8Array, end: number): number {
  // From the back, so that each byte is looked at as a field's begin once.
  const leadsToEnd = new Uint8Array(end + 1);
  leadsToEnd[end] = 1;
  let begin = end;
  for (let at = end - 1; at >= 0; at--) {
    if (!leadsToEnd[endOfValue(bytes, at)]) continue;
    leadsToEnd[at] = 1;
    if (bytes[at] === inputTag) begin = at;
  }
  return begin;
}

/** Where the field of a value that begins there would end; NaN where none does. */
function endOfValue(bytes: Uint8Array, begin: number): number {
  const tag = bytes[begin] as number;
  if (!valueTags.has(tag)) return Number.NaN;
  let at = begin + 1;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined || shift > 21) return Number.NaN;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  // A value begins with its name.
  if (tag === inputTag && bytes[at] !== ((1 << 3) | 2)) return Number.NaN;
  return at + length;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return [...bytes, left];
    bytes.push((left & 0x7f) | 0x80);
  }
}
