/** Addresses and blobs that give no model, and pages without a usable Cache API: errors in words. */

import { afterEach, expect, it, vi } from 'vitest';
import { InferenceSession, type SessionOptions } from '../../../src/index.ts';
import { serveFiles } from '../../support/file-server.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

afterEach(() => vi.unstubAllGlobals());

const create = (model: string | Blob, options: SessionOptions = {}) =>
  InferenceSession.create(model, { backend: 'cpu', ...options });

/** y = x + a, with `a` in this file or in another one. */
const modelWith = (a: object) =>
  Uint8Array.from(
    encodeModel({
      nodes: [{ op: 'Add', inputs: ['x', 'a'], outputs: ['y'] }],
      inputs: [{ name: 'x', dims: [1] }],
      outputs: ['y'],
      initializers: { a: { dims: [1], dataType: 1, ...a } },
    }),
  );
const whole = modelWith({ floats: [1] });

it.each([true, false])(
  'an address that is none is refused in words, with a cache: %s',
  async (cache) => {
    await expect(create('http://[', { cache })).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('"http://[" cannot be fetched: TypeError'),
    });
  },
);

it('a frame in which the Cache API throws loads the model without it', async () => {
  vi.stubGlobal('caches', undefined);
  Object.defineProperty(globalThis, 'caches', {
    configurable: true,
    get() {
      throw new DOMException('the context is sandboxed', 'SecurityError');
    },
  });
  const server = await serveFiles({ 'net.onnx': whole });
  try {
    const session = await create(`${server.address}net.onnx`, { cache: true });
    expect(session.report().files).toEqual([
      expect.stringMatching(/cannot be kept: SecurityError: the context is sandboxed$/),
    ]);
    await session.dispose();
  } finally {
    server.close();
  }
});

it('models in the cache stay while another load takes one of them away', async () => {
  const kept = new Set(['http://host/a', 'http://host/taken', 'http://host/b']);
  const cache = {
    keys: async () => [...kept].map((url) => new Request(url)),
    match: async ({ url, href = url }: Request & URL) =>
      /[ab]$/.test(href) ? new Response('', { headers: { 'content-length': '9' } }) : undefined,
    delete: async ({ url, href = url }: Request & URL) => kept.delete(href),
    put: async ({ href }: URL) => kept.add(href),
  };
  vi.stubGlobal('caches', { open: async () => cache });
  vi.stubGlobal('fetch', async () => new Response(whole, { headers: { etag: '"1"' } }));
  const session = await create('http://host/net.onnx', { cache: true });
  await vi.waitFor(() => expect(session.report().files).toHaveLength(1));
  expect([...kept]).toContain('http://host/a');
  expect([...kept]).toContain('http://host/net.onnx');
  await session.dispose();
});

it('a blob has no files beside it', async () => {
  const blob = new Blob([modelWith({ external: { location: 'net.bin' } })]);
  const address = URL.createObjectURL(blob);
  const expected = {
    code: 'invalid-model',
    message: expect.stringContaining('weights in the file "net.bin"; give it as externalData'),
  };
  await expect(create(address)).rejects.toMatchObject(expected);
  await expect(create(blob)).rejects.toMatchObject(expected);
  URL.revokeObjectURL(address);
});

it('a file that is gone meanwhile is refused in words', async () => {
  const blob = new Blob([whole]);
  vi.spyOn(blob, 'arrayBuffer').mockRejectedValue(new DOMException('gone', 'NotReadableError'));
  await expect(create(blob)).rejects.toMatchObject({
    code: 'invalid-model',
    message: '"the model" cannot be read: NotReadableError: gone',
  });
});
