/** The bytes of a model's file: given or fetched, counted, checked, and kept where that is asked for. */

import { WgconvError } from '../core/errors.ts';
import { checkModelSize, fetchBytes, type OnBytes } from '../core/fetch-bytes.ts';
import type { CountFile } from './bytes-read.ts';
import type { CacheOptions } from './model-cache.ts';

/** How the files of one model are read. */
export interface FileSource {
  readonly signal?: AbortSignal | undefined;
  /** Counts what is read. */
  readonly count?: CountFile | undefined;
  readonly cache?: boolean | string | CacheOptions | undefined;
  /** Hears what became of the cache. */
  readonly note?: ((text: string) => void) | undefined;
}

/**
 * @param name for progress and errors
 * @param integrity hashes, one of which the bytes must have
 * @returns undefined where `data` is neither bytes nor an address
 * @throws the signal's reason; WgconvError `fetch-failed`, `wrong-integrity`, `limit-exceeded`
 */
export async function readFile(
  data: unknown,
  name: string,
  { signal, count, cache, note }: FileSource,
  integrity?: string,
  onStart?: OnBytes,
): Promise<Uint8Array | undefined> {
  const counted = count?.(name);
  const onBytes: OnBytes = (arrived, total, inParts) => {
    counted?.(arrived, total);
    onStart?.(arrived, total, inParts);
  };
  // What is wrong with the hashes themselves is said before anything is fetched.
  const check =
    integrity === undefined
      ? undefined
      : (await import('../core/integrity.ts')).integrityCheck(integrity, name);
  if (typeof data === 'string' || data instanceof URL) {
    if (cache) {
      const { cachedBytes } = await import('./model-cache.ts');
      return cachedBytes(data, name, { signal, onBytes, check, cache, note });
    }
    const bytes = await fetchBytes(data, { signal, onBytes });
    await check?.(bytes);
    return bytes;
  }
  const bytes = await given(data, name);
  if (!bytes) return undefined;
  onBytes(bytes, bytes.length);
  await check?.(bytes);
  return bytes;
}

async function given(data: unknown, name: string): Promise<Uint8Array | undefined> {
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (typeof Blob === 'undefined' || !(data instanceof Blob)) return undefined;
  checkModelSize(data.size, `"${name}"`);
  const read = data.arrayBuffer().catch((cause: unknown) => {
    // The file behind it has changed, or is gone.
    throw new WgconvError('invalid-model', `"${name}" cannot be read: ${cause}`, { cause });
  });
  return new Uint8Array(await read);
}
