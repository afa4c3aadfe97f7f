/** Models and what lies beside them are read from the disk. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { host } from '../../../src/core/host.ts';
import { address } from '../../../src/node/files.ts';
import { InferenceSession, Tensor } from '../../../src/node/index.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

/** A character that ends the path of an address, and one that begins an escape. */
const name = 'a #1 of 100%.onnx';
let folder: string;

/** y = x + (1, 2, 3), whose summand is in a file beside the model. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgconv-files-'));
  const model = encodeModel({
    nodes: [{ op: 'Add', inputs: ['x', 'b'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: [3] }],
    outputs: ['y'],
    initializers: { b: { dims: [3], dataType: 1, external: { location: 'weights/b.bin' } } },
  });
  writeFileSync(join(folder, name), model);
  mkdirSync(join(folder, 'weights'));
  writeFileSync(join(folder, 'weights/b.bin'), new Uint8Array(Float32Array.of(1, 2, 3).buffer));
});

afterAll(() => rmSync(folder, { recursive: true }));

async function sum(model: string | URL): Promise<number[]> {
  const session = await InferenceSession.create(model, { backend: 'cpu' });
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(10, 20, 30), [3]) });
  await session.dispose();
  return [...((y?.data ?? []) as Float32Array)];
}

test('a model is found by its path and by its address, with the file beside it', async () => {
  const path = join(folder, name);
  expect(await sum(path)).toEqual([11, 22, 33]);
  expect(await sum(relative(process.cwd(), path))).toEqual([11, 22, 33]);
  expect(await sum(pathToFileURL(path))).toEqual([11, 22, 33]);
  expect(await sum(pathToFileURL(path).href)).toEqual([11, 22, 33]);
});

test('what is no file is named with its whole path', async () => {
  const missing = InferenceSession.create('no-such.onnx', { backend: 'cpu' });
  await expect(missing).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringContaining(join(process.cwd(), 'no-such.onnx')),
  });
  const model = InferenceSession.create(folder, { backend: 'cpu' });
  await expect(model).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringContaining('is no file'),
  });
});

test('a cache has nothing to do with what lies on the disk', async () => {
  const session = await InferenceSession.create(join(folder, name), {
    backend: 'cpu',
    cache: true,
  });
  const notes = session.report().files.map((note) => note.slice(note.lastIndexOf('"') + 2));
  expect(notes).toEqual(['is not kept: it lies on the disk', 'is not kept: it lies on the disk']);
  await session.dispose();
});

test('a path that begins as an address does is one where two letters or more stand before the colon', () => {
  expect(address('https://example.org/net.onnx').href).toBe('https://example.org/net.onnx');
  expect(address('data:,x').href).toBe('data:,x');
  expect(address('C:\\net.onnx').protocol).toBe('file:');
});

test('reading says how long a file is, and ends with its signal', async () => {
  const file = join(folder, 'weights/b.bin');
  const answer = await host.fetch(file);
  expect(answer.headers.get('content-length')).toBe('12');
  expect(new Float32Array(await answer.arrayBuffer())).toEqual(Float32Array.of(1, 2, 3));

  const reason = new Error('no longer of interest');
  await expect(host.fetch(file, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const late = await host.fetch(file, { signal: controller.signal });
  controller.abort(reason);
  await expect(late.arrayBuffer()).rejects.toThrow();
});
