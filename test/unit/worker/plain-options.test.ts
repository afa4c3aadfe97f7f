/** What cannot enter a worker is refused by name, before anything is sent. */

import { afterEach, expect, test, vi } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { Tensor, type TuningStore } from '../../../src/index.ts';
import { WorkerSession, type WorkerSessionOptions } from '../../../src/worker/index.ts';
import { toPlainModel, toPlainOptions } from '../../../src/worker/plain-options.ts';
import { toPlainTensors } from '../../../src/worker/plain-tensors.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { tensorOf } from '../../support/random.ts';

afterEach(() => vi.unstubAllGlobals());

const model = encodeModel({
  nodes: [{ op: 'Add', inputs: ['x', 'one'], outputs: ['y'] }],
  inputs: [{ name: 'x', dims: [1] }],
  outputs: ['y'],
  initializers: { one: tensorOf([1], [1]) },
});

test.each([
  [{ transform: (graph: unknown) => graph }, 'transform', /function.*graph as the model/],
  [{ gpu: { device: {} } }, 'gpu.device', /GPUDevice cannot leave the thread/],
  [{ invented: () => {} }, 'invented', /function cannot enter a worker/],
])('%o', async (options, value, message) => {
  const created = WorkerSession.create(model, options as WorkerSessionOptions);
  await expect(created).rejects.toMatchObject({ code: 'invalid-argument', value });
  await expect(created).rejects.toThrow(message);
});

test('a host without workers is told so, and what to use', async () => {
  const created = WorkerSession.create(model.slice());
  await expect(created).rejects.toMatchObject({
    ...{ name: 'WgconvError', code: 'worker-failed' },
    message: expect.stringMatching(/no Worker.*InferenceSession/),
  });
});

test.each<[unknown, string | RegExp]>([
  [null, 'options must be in an object, not null'],
  [{ signal: new AbortController() }, 'signal takes an AbortSignal'],
  [[], 'options must be in an object, not a list'],
  [{ transfer: 5 }, 'transfer takes true or false, not 5'],
  [{ onProgress: 5 }, 'onProgress takes a function, not 5'],
  [{ bakend: 'cpu' }, /no option "bakend"; use (?!.*'transform').*'worker' or 'transfer'$/],
  [{ worker: 'worker.js' }, 'worker takes a Worker, such as startWorker() gives'],
])('%j as options', async (options, message) => {
  const created = WorkerSession.create(model.slice(), options as WorkerSessionOptions);
  await expect(created).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(created).rejects.toThrow(message);
});

test('what is no model is left for the worker to refuse', () => {
  expect(toPlainModel(null as never, true, new Set())).toBe(null);
});

test('addresses are made absolute as the page sees them', () => {
  vi.stubGlobal('document', { baseURI: 'https://host.test/app/' });
  const there = new URL('https://other.test/w.bin');
  const options = {
    tuning: 'choices.json',
    externalData: [
      { path: 'a', data: './a.bin' },
      { path: 'b', data: there },
    ],
  };
  expect(toPlainOptions(options, true, new Set())).toEqual({
    tuning: 'https://host.test/app/choices.json',
    externalData: [
      { path: 'a', data: 'https://host.test/app/a.bin' },
      { path: 'b', data: 'https://other.test/w.bin' },
    ],
  });
  expect(toPlainModel('../m.onnx', true, new Set())).toBe('https://host.test/m.onnx');
  expect(toPlainModel('https://:', true, new Set())).toBe('https://:'); // fetching tells what is wrong
});

test('stores and options that are plain stay as they are', () => {
  const options = { backend: 'cpu', disable: ['dead-code'], algorithm: { a: 'b' } } as const;
  expect(toPlainOptions(options, true, new Set())).toEqual(options);
  const store: TuningStore = { load: async () => undefined, save: async () => {} };
  expect(toPlainOptions({ tuning: store }, true, new Set()).tuning).toBe(store);
});

test('bytes that are moved keep their memory, all others have their own', () => {
  const whole = new Uint8Array([1, 2, 3]);
  const part = new Uint8Array(8).fill(7).subarray(2, 5);
  const shared = new Uint8Array(new SharedArrayBuffer(2));
  for (const bytes of [whole, part, shared]) {
    for (const move of [true, false]) {
      const buffers = new Set<ArrayBuffer>();
      const plain = toPlainModel(bytes, move, buffers) as Uint8Array<ArrayBuffer>;
      expect([...plain]).toEqual([...bytes]);
      expect(plain.buffer === bytes.buffer).toBe(move && bytes === whole);
      expect([...buffers]).toEqual([plain.buffer]);
      expect(plain.buffer.byteLength).toBe(plain.byteLength);
    }
  }
});

test('bytes that are gone are told apart from a broken model', () => {
  const bytes = model.slice();
  structuredClone(bytes, { transfer: [bytes.buffer] });
  for (const gone of [bytes, bytes.buffer]) {
    expect(() => toPlainModel(gone, true, new Set())).toThrow(/gone here.*transfer: false/);
  }
});

test('constants of a graph that are tensors cross as plain data', async () => {
  const graph = await readOnnxModel(model);
  const constants = new Map([['one', new Tensor('float32', [1])]]);
  const plain = structuredClone(toPlainModel({ ...graph, constants }, true, new Set()));
  expect(plain).toMatchObject({ nodes: [{ op: 'Add' }], outputs: ['y'] });
  const one = (plain as typeof graph).constants.get('one');
  expect(one).toMatchObject({ type: 'float32', dims: [1] });
  expect(new Float32Array(one?.bytes.buffer as ArrayBuffer)).toEqual(Float32Array.of(1));
});

test('tensors on the GPU, and those whose memory is gone, are named', () => {
  const there = Tensor.fromGpuBuffer({} as GPUBuffer, { dataType: 'float32', dims: [1] });
  expect(() => toPlainTensors([['x', there]], false, new Set())).toThrow(
    /"x" lives in a GPU buffer.*getData/,
  );
  const gone = new Tensor('float32', [1, 2]);
  structuredClone(gone.data, { transfer: [gone.data.buffer as ArrayBuffer] });
  expect(() => toPlainTensors([['x', gone]], false, new Set())).toThrow(
    /memory of "x" was transferred/,
  );
});
