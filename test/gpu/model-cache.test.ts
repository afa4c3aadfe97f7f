/** Models in the page's Cache API. The server is a function in place of `fetch`. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InferenceSession, type SessionOptions, Tensor } from '../../src/index.ts';
import { encodeModel } from '../support/onnx-writer.ts';

const name = 'wgconv-test-models';
const address = new URL('models/net.onnx', location.href).href;

/** y = x + added */
const modelOf = (added: number) =>
  Uint8Array.from(
    encodeModel({
      nodes: [{ op: 'Add', inputs: ['x', 'a'], outputs: ['y'] }],
      inputs: [{ name: 'x', dims: [1] }],
      outputs: ['y'],
      initializers: {
        a: { type: 'float32', dims: [1], bytes: new Uint8Array(Float32Array.of(added).buffer) },
      },
    }),
  );

let files: Record<string, { bytes: Uint8Array<ArrayBuffer>; headers: HeadersInit }>;
let requests: string[];
let online: boolean;
/** Of the server's answers. */
let trouble: number | undefined;

beforeEach(async () => {
  files = { [address]: { bytes: modelOf(1), headers: { etag: '"1"' } } };
  requests = [];
  online = true;
  trouble = undefined;
  vi.stubGlobal('fetch', async (url: string | URL, init: RequestInit = {}) => {
    const { method = 'GET' } = init;
    requests.push(method);
    if (!online) throw new TypeError('Failed to fetch');
    if (trouble) return new Response(null, { status: trouble });
    const file = files[new URL(url).href];
    if (!file) return new Response(null, { status: 404 });
    const headers = { 'content-length': `${file.bytes.length}`, ...file.headers };
    return new Response(method === 'HEAD' ? null : file.bytes, { headers });
  });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await globalThis.caches?.delete(name);
});

/** What the model computes of 0, what the report says of its file, and which requests were made. */
async function load(options: SessionOptions = {}, kept = true) {
  requests = [];
  const session = await InferenceSession.create(address, {
    ...{ backend: 'cpu', cache: name },
    ...options,
  });
  if (kept) await vi.waitFor(() => expect(session.report().files).toHaveLength(1));
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(0), [1]) });
  const [note = ''] = session.report().files;
  await session.dispose();
  return { value: y?.data[0], note: note.replace(`"${address}" `, ''), requests };
}

const wasKept = `was fetched, and kept in the cache "${name}"`;
const cameFrom = `came from the cache "${name}"`;

describe.skipIf(!globalThis.caches)('a model', () => {
  test('is fetched once, as long as the server has the same', async () => {
    expect(await load()).toEqual({ value: 1, note: wasKept, requests: ['GET'] });
    expect(await load()).toEqual({ value: 1, note: cameFrom, requests: ['HEAD'] });
    files[address] = { bytes: modelOf(2), headers: { etag: '"2"' } };
    expect(await load()).toEqual({ value: 2, note: wasKept, requests: ['HEAD', 'GET'] });
    expect(await load()).toEqual({ value: 2, note: cameFrom, requests: ['HEAD'] });
  });

  test('without an ETag is compared by its time and length', async () => {
    const day = (date: string) => ({ 'last-modified': `${date} Jan 2025 00:00:00 GMT` });
    files[address] = { bytes: modelOf(1), headers: day('Wed, 01') };
    await load();
    expect((await load()).requests).toEqual(['HEAD']);
    files[address] = { bytes: modelOf(3), headers: day('Thu, 02') };
    expect(await load()).toMatchObject({ value: 3, requests: ['HEAD', 'GET'] });
  });

  test('of which a server says neither is not kept', async () => {
    files[address] = { bytes: modelOf(1), headers: {} };
    const note = 'is not kept: its server gives neither an ETag nor a Last-Modified';
    expect((await load()).note).toBe(note);
    expect((await load()).requests).toEqual(['GET']);
  });

  test('is taken where the server cannot be reached', async () => {
    await load();
    online = false;
    const { value, note } = await load();
    expect(value).toBe(1);
    expect(note).toBe(`${cameFrom}, for its server cannot be reached`);
  });

  test('is taken where the server has trouble, but not where it has the file no more', async () => {
    await load();
    trouble = 503;
    const { value, note, requests } = await load();
    expect(value).toBe(1);
    expect(note).toBe(`${cameFrom}, for its server answers HTTP 503`);
    expect(requests).toEqual(['HEAD']);
    trouble = 410;
    await expect(load()).rejects.toMatchObject({ code: 'fetch-failed' });
  });

  test('with an integrity needs no server; what is wrong in the cache is fetched again', async () => {
    const digest = await crypto.subtle.digest('SHA-256', modelOf(1));
    const integrity = `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
    await load({ integrity });
    online = false;
    expect(await load({ integrity })).toEqual({ value: 1, note: cameFrom, requests: [] });
    online = true;
    await (await caches.open(name)).put(address, new Response(modelOf(7)));
    expect(await load({ integrity })).toMatchObject({ value: 1, requests: ['GET'] });
    // A server that has another file by now is found out.
    files[address] = { bytes: modelOf(2), headers: {} };
    await caches.delete(name);
    await expect(load({ integrity })).rejects.toMatchObject({ code: 'wrong-integrity' });
    expect(await (await caches.open(name)).keys()).toEqual([]);
  });

  test('stays where what the server has instead is no good', async () => {
    await load();
    const other = { integrity: `sha256-${btoa('x'.repeat(32))}` };
    await expect(load(other)).rejects.toMatchObject({ code: 'wrong-integrity' });
    const file = files[address];
    delete files[address];
    await expect(load()).rejects.toThrow('HTTP 404');
    if (file) files[address] = file;
    online = false;
    expect(await load()).toMatchObject({ value: 1, requests: ['HEAD'] });
  });

  test('that was kept first goes where all would be too much', async () => {
    const { length } = modelOf(1);
    const cache = await caches.open(name);
    const headers = { 'content-length': `${length}` };
    for (const other of ['a', 'b']) await cache.put(other, new Response(modelOf(1), { headers }));
    await load({ cache: { name, maxBytes: 2 * length } });
    const urls = (await cache.keys()).map(({ url }) => url);
    expect(urls).toEqual([new URL('b', location.href).href, address]);
    const { note } = await load({ cache: { name: `${name}`, maxBytes: length - 1 } });
    expect(note).toBe(cameFrom);
    await cache.delete(address);
    expect((await load({ cache: { name, maxBytes: length - 1 } })).note).toBe(
      `is not kept: it has more than ${length - 1} bytes`,
    );
  });

  test('is loaded where the cache is full, or there is none', async () => {
    vi.spyOn(Cache.prototype, 'put').mockRejectedValue(
      new DOMException('full', 'QuotaExceededError'),
    );
    expect(await load()).toEqual({
      ...{ value: 1, requests: ['GET'] },
      note: 'was fetched, and cannot be kept: QuotaExceededError: full',
    });
    vi.spyOn(caches, 'open').mockRejectedValue(new DOMException('private', 'SecurityError'));
    expect((await load()).note).toBe('cannot be kept: SecurityError: private');
    vi.stubGlobal('caches', undefined);
    expect((await load()).note).toBe('cannot be kept: this page has no Cache API');
  });

  test('is only kept where that is asked for', async () => {
    expect(await load({ cache: undefined }, false)).toEqual({
      ...{ value: 1, note: '', requests: ['GET'] },
    });
    expect(await caches.has(name)).toBe(false);
    await expect(load({ cache: { size: 7 } as object })).rejects.toThrow(/option of cache/);
  });
});
