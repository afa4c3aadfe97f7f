import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArrivingModel } from '../../../src/formats/onnx/arriving.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { integers, uniform } from '../../support/random.ts';

/** Weights of 100 kB and more, so that each has a place of its own in the stream. */
const file = Uint8Array.from(
  encodeModel({
    nodes: [
      { op: 'Conv', inputs: ['x', 'w1'], outputs: ['c1'] },
      { op: 'Relu', inputs: ['c1'], outputs: ['r1'] },
      { op: 'Conv', inputs: ['r1', 'w2'], outputs: ['c2'] },
      { op: 'Relu', inputs: ['c2'], outputs: ['r2'] },
      { op: 'Conv', inputs: ['r2', 'w3'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [1, 16, 32, 32] }],
    outputs: ['y'],
    initializers: {
      w1: uniform([128, 16, 4, 4], 1),
      // Bytes in which a field of an input could be looked for.
      w2: integers([128, 128, 2, 2], 2, { low: 0x5a0a5a, high: 0x5a0a5b }),
      w3: uniform([512, 128, 3, 3], 3),
    },
  }),
);

let served: Uint8Array<ArrayBuffer>;
let answer: (range: string) => Response;

beforeEach(() => {
  answer = (range) => {
    const [begin, last] = range.slice('bytes='.length).split('-').map(Number) as [number, number];
    return new Response(served.slice(begin, last + 1), { status: 206 });
  };
  vi.stubGlobal('fetch', async (_: unknown, init: RequestInit) =>
    answer((init.headers as Record<string, string>).range as string),
  );
});
afterEach(() => vi.unstubAllGlobals());

/** The graphs of the sketches while the file comes as far as each of `shares`. */
async function sketches(
  shares: readonly number[],
  bytes: Uint8Array<ArrayBuffer> = file,
): Promise<Graph[]> {
  served = bytes;
  const graphs: Graph[] = [];
  const signal = new AbortController().signal;
  const model = new ArrivingModel(
    'http://127.0.0.1/net.onnx',
    bytes.length,
    async (make) => void graphs.push(make()),
    signal,
  );
  await pause();
  const buffer = new Uint8Array(bytes.length);
  for (const share of shares) {
    const length = Math.floor(bytes.length * share);
    buffer.set(bytes.subarray(0, length));
    model.onBytes(buffer.subarray(0, length), bytes.length);
    await pause();
  }
  return graphs;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('the graph of a file that is still arriving', () => {
  it('holds the nodes whose weights are there, or at least their shapes, and the true inputs', async () => {
    const [graph] = await sketches([0.09]);
    expect(graph?.inputs).toEqual([{ name: 'x', type: 'float32', dims: [1, 16, 32, 32] }]);
    // Of the second weights a part has come: their shape.
    expect(graph?.nodes.map(({ outputs }) => outputs[0])).toEqual(['c1', 'r1', 'c2', 'r2']);
    expect(graph?.outputs).toEqual(['r2']);
    expect(graph?.constants.get('w2')?.dims).toEqual([128, 128, 2, 2]);
  });

  it('grows with what comes', async () => {
    const graphs = await sketches([0.02, 0.3, 0.6, 0.7]);
    expect(graphs.map(({ nodes }) => nodes.length)).toEqual([2, 5]);
    expect(graphs[1]?.outputs).toEqual(['y']);
  });

  it('is not asked for shortly before the end', async () => {
    expect(await sketches([0.97, 1])).toEqual([]);
  });

  it.each([
    ['the whole file once more', () => new Response(file)],
    ['an error', () => new Response('no', { status: 416 })],
    ['fewer bytes', () => new Response(file.slice(-100), { status: 206 })],
    ['other bytes', () => new Response(new Uint8Array(65_536).fill(0x5a), { status: 206 })],
  ])('is not there where the server gives %s', async (_, other) => {
    answer = other;
    expect(await sketches([0.5, 0.8])).toEqual([]);
  });

  it('is not there for old files, which list initialisers as inputs', async () => {
    const old = file.slice();
    expect(old[1]).toBeGreaterThan(3); // the IR version
    old[1] = 3;
    expect(await sketches([0.5, 0.8], old)).toEqual([]);
  });

  it('is not there where more than names and numbers comes before the nodes', async () => {
    // A doc string of 100,000 bytes: field 6 of ModelProto.
    const before = new Uint8Array(4 + 100_000);
    before.set([(6 << 3) | 2, 0xa0, 0x8d, 0x06]);
    expect(await sketches([0.5, 0.8], Uint8Array.from([...before, ...file]))).toEqual([]);
  });

  it('is not there for bytes that are no model', async () => {
    const damaged = file.slice();
    damaged.fill(0xff, 0, 200);
    expect(await sketches([0.5, 0.8], damaged)).toEqual([]);
  });
});
