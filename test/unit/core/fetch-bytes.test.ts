/** Files arrive in pieces, are counted, and a signal ends them. */
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fetchBytes } from '../../../src/core/fetch-bytes.ts';
import { type Answer, type FileServer, serveFiles } from '../../support/file-server.ts';

const content = Uint8Array.from(
  { length: 3_000_000 },
  (_, index) => (index * 7 + (index >> 9)) & 255,
);

let server: FileServer | undefined;
afterEach(() => {
  server?.close();
  vi.unstubAllGlobals();
});

/** Every answer of `onBytes`: how much there is, and how much there will be. */
async function fetched(answer: Answer | Uint8Array) {
  server = await serveFiles({ file: answer });
  const calls: [number, number | undefined][] = [];
  const onBytes = ({ length }: Uint8Array, total: number | undefined) =>
    calls.push([length, total]);
  const bytes = await fetchBytes(`${server.address}file`, { onBytes });
  expect(Buffer.compare(bytes, content)).toBe(0);
  const counts = calls.map(([count]) => count);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(calls[0]?.[0]).toBe(0);
  expect(calls.at(-1)).toEqual([content.length, content.length]);
  return calls;
}

describe('progress', () => {
  test('of a length that the server tells is known from the start', async () => {
    const calls = await fetched(content);
    expect(calls.length).toBeGreaterThan(3);
    expect(calls.every(([, total]) => total === content.length)).toBe(true);
  });

  test('of a length that it does not tell is known at the end', async () => {
    const calls = await fetched((_, response) => {
      response.write(content);
      response.end();
    });
    expect(calls.slice(0, -1).every(([, total]) => total === undefined)).toBe(true);
  });

  test('of what is compressed counts what is unpacked', async () => {
    const packed = gzipSync(content);
    const calls = await fetched((_, response) =>
      response
        .setHeader('content-encoding', 'gzip')
        .setHeader('content-length', packed.length)
        .end(packed),
    );
    expect(calls.slice(0, -1).every(([, total]) => total === undefined)).toBe(true);
  });
});

test('what is longer than it was said to be is read whole', async () => {
  // As a compressed answer of another site, which hides its encoding.
  const answer = new Response(content, { headers: { 'content-length': '1000' } });
  vi.stubGlobal('fetch', async () => answer);
  const totals: (number | undefined)[] = [];
  const bytes = await fetchBytes('x', { onBytes: (_, total) => totals.push(total) });
  expect(Buffer.compare(bytes, content)).toBe(0);
  expect(totals).toEqual([1000, undefined, content.length]);
});

test('what the page has no memory for is refused in words', async () => {
  const answer = new Response(content, { headers: { 'content-length': '2000000000' } });
  vi.stubGlobal('fetch', async () => answer);
  const small = new Proxy(Uint8Array, {
    construct(target, args: [number]) {
      if (args[0] > 1e9) throw new RangeError('Array buffer allocation failed');
      return Reflect.construct(target, args);
    },
  });
  vi.stubGlobal('Uint8Array', small);
  await expect(fetchBytes('net.onnx')).rejects.toMatchObject({
    code: 'limit-exceeded',
    message:
      'this page has no memory for "net.onnx" (2000000000 bytes): RangeError: Array buffer allocation failed',
  });
});

test('the start is there before the rest has come', async () => {
  let rest = () => {};
  server = await serveFiles({
    file: (_, response) => {
      response.write(content.subarray(0, 200));
      rest = () => response.end(content.subarray(200));
    },
  });
  let start = new Uint8Array();
  const whole = await fetchBytes(`${server.address}file`, {
    onBytes(arrived) {
      if (arrived.length > 0 && start.length === 0) {
        start = arrived.slice();
        rest();
      }
    },
  });
  expect(start).toEqual(content.subarray(0, 200));
  expect(whole.length).toBe(content.length);
});

describe('what fails', () => {
  test('a file that is not there', async () => {
    server = await serveFiles({});
    await expect(fetchBytes(`${server.address}none`)).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringMatching(/none" cannot be fetched: HTTP 404/),
    });
  });

  test('an answer that ends early', async () => {
    server = await serveFiles({
      file: (_, response) => {
        response.setHeader('content-length', content.length);
        response.write(content.subarray(0, 1000), () => response.destroy());
      },
    });
    await expect(fetchBytes(`${server.address}file`)).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringMatching(/file" cannot be fetched: /),
    });
  });

  test('an answer that a signal ends, by the reason of the signal', async () => {
    let closed = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    server = await serveFiles({
      file: (_, response) => {
        response.on('close', closed);
        response.write(content.subarray(0, 1000));
      },
    });
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    const onBytes = ({ length }: Uint8Array) => {
      if (length > 0) controller.abort(reason);
    };
    const { signal } = controller;
    await expect(fetchBytes(`${server.address}file`, { signal, onBytes })).rejects.toBe(reason);
    await gone; // the connection, too
  });
});
