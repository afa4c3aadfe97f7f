/** Files of the disk as `fetch` gives those of the net, by a path or a `file:` address. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Two letters at least: `C:\model.onnx` is a path. */
const scheme = /^[a-z][a-z\d+.-]+:/i;

/** A path is relative to the working directory. */
export function address(name: string | URL): URL {
  if (name instanceof URL) return name;
  return scheme.test(name) ? new URL(name) : pathToFileURL(name);
}

export async function fetchFile(name: string | URL, init?: RequestInit): Promise<Response> {
  const url = address(name);
  if (url.protocol !== 'file:') return fetch(url, init);
  const signal = init?.signal ?? undefined;
  signal?.throwIfAborted();
  const found = await stat(url);
  if (!found.isFile()) throw new Error(`${fileURLToPath(url)} is no file`);
  const stream = Readable.toWeb(createReadStream(url, { ...(signal && { signal }) }));
  return new Response(stream as ReadableStream<Uint8Array>, {
    headers: { 'content-length': `${found.size}` },
  });
}
