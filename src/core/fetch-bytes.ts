/** Fetching a file that a caller named by its address, and counting its bytes as they arrive. */

import { breathe } from './breathe.ts';
import { WgconvError } from './errors.ts';
import { host } from './host.ts';

/** No protobuf message, and no model that a page keeps in memory as one piece, is larger. */
export const mostModelBytes = 2 ** 31 - 1;

/** Where the server does not say how much there will be. */
const firstBytes = 2 ** 20;

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Is given what has arrived so far (a view that is valid until the next call), how many bytes
   * there will be (undefined where that is not known), and whether the server gives any part of them.
   */
  readonly onBytes?: OnBytes | undefined;
}

export type OnBytes = (arrived: Uint8Array, total: number | undefined, inParts?: boolean) => void;

/**
 * @throws the signal's reason; WgconvError `fetch-failed` where there is no answer, a bad one, or it ends
 * early, `limit-exceeded` above 2 GiB
 */
export async function fetchBytes(url: string | URL, options: FetchOptions = {}) {
  return readBytes(url, await fetchAnswer(url, options), options);
}

/** An answer whose body is still to be read. */
export async function fetchAnswer(
  url: string | URL,
  { signal }: FetchOptions,
  init?: RequestInit,
): Promise<Response> {
  const response = await host
    .fetch(url, { ...init, signal: signal ?? null })
    .catch((cause: unknown) => cannotFetch(url, signal, cause, cause));
  if (!response.ok) cannotFetch(url, signal, `HTTP ${response.status} ${response.statusText}`);
  return response;
}

export async function readBytes(
  url: string | URL,
  { headers, body }: Response,
  { signal, onBytes }: FetchOptions,
): Promise<Uint8Array> {
  // What is compressed on the way says how long it is compressed.
  let total = headers.has('content-encoding')
    ? undefined
    : Number(headers.get('content-length')) || undefined;
  const inParts = headers.get('accept-ranges') === 'bytes';
  const check = (length: number) => checkModelSize(length, `"${url}"`);
  check(total ?? 0);
  // One piece of memory, for models are large.
  let bytes = allocate(total ?? firstBytes, url);
  let done = 0;
  const reader = body?.getReader();
  const read = () =>
    reader?.read().catch((cause: unknown) => cannotFetch(url, signal, cause, cause));
  try {
    for (;;) {
      onBytes?.(bytes.subarray(0, done), total, inParts);
      await breathe(); // what has arrived already comes without a pause
      const { value } = (await read()) ?? {};
      if (!value) break;
      const end = done + value.length;
      if (end > bytes.length) {
        check(end);
        // Another site's server need not say that it compresses.
        total = undefined;
        const larger = allocate(Math.max(Math.min(2 * bytes.length, mostModelBytes), end), url);
        larger.set(bytes);
        bytes = larger;
      }
      bytes.set(value, done);
      done = end;
    }
  } finally {
    reader?.cancel().catch(() => {});
  }
  bytes = bytes.subarray(0, done);
  onBytes?.(bytes, done);
  return bytes;
}

/** @throws the signal's reason, or WgconvError `fetch-failed` */
export function cannotFetch(
  url: string | URL,
  signal: AbortSignal | undefined,
  reason: unknown,
  cause?: unknown,
): never {
  signal?.throwIfAborted();
  throw new WgconvError('fetch-failed', `"${url}" cannot be fetched: ${reason}`, { cause });
}

/** @throws WgconvError `limit-exceeded` where the page has not so much memory */
function allocate(length: number, url: string | URL): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new WgconvError(
      'limit-exceeded',
      `this page has no memory for "${url}" (${length} bytes): ${cause}`,
      { cause, data: { bytes: length } },
    );
  }
}

/** @throws WgconvError `limit-exceeded` naming the size */
export function checkModelSize(bytes: number, what: string): void {
  if (bytes <= mostModelBytes) return;
  throw new WgconvError(
    'limit-exceeded',
    `${what} has ${bytes} bytes; wgconv keeps a model in memory while it is uploaded and takes at most ${mostModelBytes} (2 GiB); use a smaller model, or float16 or quantised weights`,
    { data: { bytes, limit: mostModelBytes } },
  );
}
