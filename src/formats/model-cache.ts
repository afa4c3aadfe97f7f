/**
 * Files of models in the page's Cache API. A file with an integrity is taken from there for good. Of
 * another one the server is asked, by a HEAD request, whether it has changed: by its ETag, else by
 * the time and length that it says. Where there is no answer (offline) or the server has trouble of
 * its own (5xx), what is kept is taken.
 */

import { cannotFetch, type FetchOptions, fetchAnswer, readBytes } from '../core/fetch-bytes.ts';
import { host } from '../core/host.ts';
import type { IntegrityCheck } from '../core/integrity.ts';
import { insist } from '../core/refuse-unknown.ts';

/** Where fetched files are kept. */
export interface CacheOptions {
  /** Of the Cache API: `wgconv-models` by default. */
  readonly name?: string | undefined;
  /** What was kept first goes when all would be more: 2 GiB by default. */
  readonly maxBytes?: number | undefined;
}

const defaultName = 'wgconv-models';
const defaultMostBytes = 2 ** 31;

/** Of an answer: kept with the bytes, but not what says how they came. */
const keptHeaders = ['etag', 'last-modified', 'content-type'];

export interface CachedOptions extends FetchOptions {
  readonly check: IntegrityCheck | undefined;
  readonly cache: true | string | CacheOptions;
  readonly note: ((text: string) => void) | undefined;
}

/** @throws as `fetchBytes` and `check` do; what is wrong with the cache only makes a note */
export async function cachedBytes(
  url: string | URL,
  name: string,
  { cache: given, check, note: tell, ...options }: CachedOptions,
): Promise<Uint8Array> {
  insist(
    given === true || ['string', 'object'].includes(typeof given),
    `cache takes true, the name of a cache or { name, maxBytes }, not ${given}`,
  );
  const settings = typeof given === 'object' ? given : { name: given === true ? undefined : given };
  const { name: cacheName = defaultName, maxBytes = defaultMostBytes } = settings;
  insist(
    typeof maxBytes === 'number' && maxBytes >= 0,
    `maxBytes of cache is a number from 0, not ${JSON.stringify(maxBytes)}`,
  );
  const note = (text: string) => tell?.(`"${name}" ${text}`);
  const key = keyOf(url, options);
  const isOnDisk = key.protocol === 'file:';
  let reason: unknown = `this ${globalThis.document ? 'page' : 'host'} has no Cache API`;
  // In a sandboxed frame `caches` itself throws.
  const open = async () => (isOnDisk ? undefined : globalThis.caches?.open(cacheName));
  const cache = await open().catch((error: unknown) => {
    reason = error;
    return undefined;
  });
  const found = await cache?.match(key, { ignoreVary: true }).catch(() => undefined);
  if (found) {
    const bytes = await keptBytes(key, found, check, options).catch(() => undefined);
    options.signal?.throwIfAborted();
    if (bytes) {
      note(
        `came from the cache "${cacheName}"${bytes.trouble ? `, for its server ${bytes.trouble}` : ''}`,
      );
      return bytes.bytes;
    }
  }
  const answer = await fetchAnswer(url, options);
  const { headers } = answer;
  const bytes = await readBytes(url, answer, options);
  await check?.(bytes);
  // Only now: where the server has trouble, or another file than was meant, what is kept stays.
  if (found) await cache?.delete(key).catch(() => false);
  if (isOnDisk) note('is not kept: it lies on the disk');
  else if (!cache) note(`cannot be kept: ${reason}`);
  else if (!check && !headers.has('etag') && !headers.has('last-modified')) {
    note('is not kept: its server gives neither an ETag nor a Last-Modified');
  } else if (bytes.length > maxBytes) note(`is not kept: it has more than ${maxBytes} bytes`);
  else {
    // Nobody waits for the disk.
    keep(cache, key, bytes, headers, maxBytes).then(
      () => note(`was fetched, and kept in the cache "${cacheName}"`),
      (error: unknown) => note(`was fetched, and cannot be kept: ${error}`),
    );
  }
  return bytes;
}

function keyOf(url: string | URL, { signal }: FetchOptions): URL {
  try {
    const key = new URL(host.address(url));
    key.hash = '';
    return key;
  } catch (cause) {
    cannotFetch(url, signal, cause, cause);
  }
}

/** undefined where the server has another file by now; throws where the bytes are not right. */
async function keptBytes(
  key: URL,
  found: Response,
  check: IntegrityCheck | undefined,
  options: FetchOptions,
) {
  let trouble: string | undefined;
  if (!check) {
    const { signal } = options;
    const now = await host
      .fetch(key, { method: 'HEAD', cache: 'no-cache', signal: signal ?? null })
      .catch(() => undefined);
    signal?.throwIfAborted();
    if (!now) trouble = 'cannot be reached';
    else if (now.status >= 500) trouble = `answers HTTP ${now.status}`;
    else if (!now.ok || !isSame(found.headers, now.headers)) return undefined;
  }
  const bytes = await readBytes(key, found, options);
  await check?.(bytes);
  return { bytes, trouble };
}

function isSame(kept: Headers, now: Headers): boolean {
  // A server that compresses makes a weak tag of a strong one.
  const tag = (headers: Headers) => headers.get('etag')?.replace(/^W\//, '');
  if (kept.has('etag') && now.has('etag')) return tag(kept) === tag(now);
  const time = kept.get('last-modified');
  const length = now.has('content-encoding') ? null : now.get('content-length');
  const sameLength = length === null || length === kept.get('content-length');
  return time !== null && time === now.get('last-modified') && sameLength;
}

async function keep(
  cache: Cache,
  key: URL,
  bytes: Uint8Array,
  headers: Headers,
  maxBytes: number,
): Promise<void> {
  const kept = new Headers({ 'content-length': `${bytes.length}` });
  for (const name of keptHeaders) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  await makeRoom(cache, maxBytes - bytes.length);
  await cache.put(key, new Response(streamOf(bytes), { headers: kept }));
}

/** The Cache API lists what it has in the order in which it came. */
async function makeRoom(cache: Cache, mostBytes: number): Promise<void> {
  const requests = await cache.keys();
  const sizes = await Promise.all(
    requests.map(async (request) =>
      // Another load may have taken it away meanwhile.
      Number(
        (await cache.match(request, { ignoreVary: true }))?.headers.get('content-length') ?? 0,
      ),
    ),
  );
  let total = sizes.reduce((sum, size) => sum + size, 0);
  for (const [index, request] of requests.entries()) {
    if (total <= mostBytes) return;
    await cache.delete(request, { ignoreVary: true });
    total -= sizes[index] as number;
  }
}

/** In pieces: the browser copies what it is given at once, which would hold up the page. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const pieceBytes = 2 ** 20;
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      if (offset >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(offset, offset + pieceBytes));
      offset += pieceBytes;
    },
  });
}
