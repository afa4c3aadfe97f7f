/** Weights in files beside the model: read from bytes and from a server, kept to the model's folder. */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readModelFile } from '../../../src/cli/inputs.ts';
import { checkModelSize } from '../../../src/core/fetch-bytes.ts';
import { type ExternalSource, readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { InferenceSession, type Progress, Tensor } from '../../../src/index.ts';
import { type FileServer, serveFiles } from '../../support/file-server.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

const weights = new Uint8Array(Float32Array.of(9, 9, 10, 20, 30, -1, -2, -3).buffer);

/** y = (x + a) · b with a = [10, 20, 30], b = [−1, −2, −3] in one file. */
function modelWith(places: { a?: Record<string, string>; b?: Record<string, string> } = {}) {
  const { a = { location: 'w/net.bin', offset: '8', length: '12' }, b } = places;
  const last = { location: './w/net.bin', offset: '20' };
  return encodeModel({
    nodes: [
      { op: 'Add', inputs: ['x', 'a'], outputs: ['s'] },
      { op: 'Mul', inputs: ['s', 'b'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [3] }],
    outputs: ['y'],
    initializers: {
      a: { dims: [3], dataType: 1, external: a },
      b: { dims: [3], dataType: 1, external: b ?? last },
    },
  });
}

async function messageOf(model: Uint8Array, source: ExternalSource = {}): Promise<string> {
  return readOnnxModel(model, source).then(
    () => 'nothing was thrown',
    (error: Error) => error.message,
  );
}

async function run(session: InferenceSession): Promise<number[]> {
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3), [3]) });
  await session.dispose();
  return [...((y as Tensor).data as Float32Array)];
}

const files = (data: Uint8Array = weights) => ({ files: [{ path: 'w/net.bin', data }] });

describe('weights beside the model', () => {
  test.each([
    ['a name', 'w/net.bin'],
    ['one file', { path: 'w/net.bin', data: weights }],
    ['a file without a path', [{ data: weights }]],
    ['nothing in a list', [undefined]],
  ])('are refused as %s', async (_, given) => {
    const externalData = given as unknown as [];
    await expect(
      InferenceSession.create(modelWith(), { backend: 'cpu', externalData }),
    ).rejects.toMatchObject({
      code: 'invalid-argument',
      message: "externalData is a list of files, as [{ path: 'model.onnx.data', data }]",
    });
  });

  test.each([
    ['bytes', weights],
    ['an ArrayBuffer', weights.buffer],
    ['a Blob', new Blob([weights])],
  ])('are given as %s', async (_, data) => {
    const externalData = [{ path: 'w/net.bin', data }];
    const session = await InferenceSession.create(modelWith(), { backend: 'cpu', externalData });
    expect(await run(session)).toEqual([-11, -44, -99]);
  });

  test('are views of the file: nothing is copied', async () => {
    const graph = await readOnnxModel(modelWith(), files());
    const bytes = graph.constants.get('a')?.bytes;
    expect(bytes?.buffer).toBe(weights.buffer);
    expect(bytes?.byteOffset).toBe(8);
  });

  test('are read by the command from the folder of the model', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wgconv-external-'));
    const beside = { location: 'net.bin', offset: '8', length: '12' };
    writeFileSync(join(folder, 'net.onnx'), modelWith({ a: beside, b: beside }));
    writeFileSync(join(folder, 'net.bin'), weights);
    const { externalData } = await readModelFile(join(folder, 'net.onnx'));
    expect(externalData.map(({ path }) => path)).toEqual(['net.bin']);
  });

  test('that are not given are asked for by name', async () => {
    expect(await messageOf(modelWith())).toBe(
      'the model has weights in the file "w/net.bin"; give it as externalData: [{ path: \'w/net.bin\', data }], or load the model by its address with the file beside it (files given: none)',
    );
  });

  test('that end early are an error that says where', async () => {
    expect(await messageOf(modelWith(), files(weights.subarray(0, 16)))).toBe(
      'the tensor "a" takes bytes 8 to 20 of "w/net.bin", which has only 16',
    );
    const start = { location: 'w/net.bin' };
    expect(await messageOf(modelWith({ a: start }), files())).toBe(
      'the initializer "a" has dims [3], that is 12 bytes, but the file holds 32',
    );
    const negative = { location: 'w/net.bin', offset: '-4' };
    expect(await messageOf(modelWith({ a: negative }), files())).toBe(
      'the tensor "a" has the offset "-4" in its file of data',
    );
  });

  test.each([
    '../net.bin',
    'w/../../net.bin',
    '/etc/passwd',
    'C:\\net.bin',
    'https://example.org/net.bin',
    'w//net.bin',
    'net.bin?x',
    '%2e%2e/net.bin',
    '',
  ])('never lead out of its folder: "%s"', async (location) => {
    const model = modelWith({ a: { location } });
    const all = { files: [{ path: location, data: weights }], model: 'http://127.0.0.1:1/m.onnx' };
    expect(await messageOf(model, all)).toBe(
      `the tensor "a" has its data in "${location}", which is no plain path below the model's folder`,
    );
  });
});

describe('a model at an address', () => {
  let server: FileServer;
  let net: string;
  beforeAll(async () => {
    server = await serveFiles({ 'nets/net.onnx?v=2': modelWith(), 'nets/w/net.bin': weights });
    net = `${server.address}nets/net.onnx?v=2`;
  });
  afterAll(() => server.close());

  test('brings the files beside it, each once', async () => {
    const session = await InferenceSession.create(net, {
      backend: 'cpu',
    });
    expect(await run(session)).toEqual([-11, -44, -99]);
    expect(server.requests).toEqual(['GET nets/net.onnx?v=2', 'GET nets/w/net.bin']);
  });

  test('is asked for once where nothing is to be compiled, however slowly it comes', async () => {
    const bytes = modelWith();
    const slow = await serveFiles({
      'net.onnx': (_, response) => {
        response.setHeader('accept-ranges', 'bytes').setHeader('content-length', bytes.length);
        for (let at = 0; at <= bytes.length; at += 50) {
          setTimeout(() => response.write(bytes.subarray(at, at + 50)), 2 * at);
        }
      },
    });
    const externalData = [{ path: 'w/net.bin', data: weights }];
    const options = { backend: 'cpu', externalData } as const;
    const session = await InferenceSession.create(`${slow.address}net.onnx`, options);
    expect(await run(session)).toEqual([-11, -44, -99]);
    expect(slow.requests).toEqual(['GET net.onnx']);
    slow.close();
  });

  test('is read with progress that counts the bytes of all files, as it is iterated', async () => {
    const loading = InferenceSession.load(net, { backend: 'cpu' });
    const read: Progress[] = [];
    for await (const progress of loading) if (progress.stage === 'read') read.push(progress);
    const all = modelWith().length + weights.length;
    expect(read.at(-1)).toEqual({
      ...{ stage: 'read', unit: 'bytes', detail: 'w/net.bin', done: all, total: all },
    });
    expect(read[0]?.detail).toBe(net);
    expect(await run(await loading.session)).toEqual([-11, -44, -99]);
    await expect(
      InferenceSession.load(`${server.address}none`, { backend: 'cpu' }).session,
    ).rejects.toThrow('HTTP 404');
  });

  test('is not waited for by who has ended it', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = ({ detail }: Progress) => {
      if (detail === 'w/net.bin') controller.abort('enough');
    };
    const options = { backend: 'cpu', signal, onProgress } as const;
    const creating = InferenceSession.create(net, options);
    await expect(creating).rejects.toBe('enough');
  });

  test('without its file says which address has none', async () => {
    expect(await messageOf(modelWith(), { model: `${server.address}elsewhere/net.onnx` })).toBe(
      `"${server.address}elsewhere/w/net.bin" cannot be fetched: HTTP 404 Not Found`,
    );
  });
});

test('more than two gibibytes are refused with the reason', () => {
  expect(() => checkModelSize(2 ** 31, 'the model')).toThrow(
    'the model has 2147483648 bytes; wgconv keeps a model in memory while it is uploaded and takes at most 2147483647 (2 GiB)',
  );
  expect(() => checkModelSize(2 ** 31 - 1, 'the model')).not.toThrow();
});
