/** Fetching a file that a caller named by its address. */

import { WgconvError } from './errors.ts';
import { host } from './host.ts';

/** No protobuf message, and no model that a page keeps in memory as one piece, is larger. */
export const mostModelBytes = 2 ** 31 - 1;

/**
 * @param onStart is given the first bytes as soon as they are there
 * @throws WgconvError `invalid-model` where there is no answer, `limit-exceeded` above 2 GiB
 */
export async function fetchBytes(
  url: string | URL,
  onStart?: (start: Uint8Array) => void,
): Promise<Uint8Array> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new WgconvError('invalid-model', `"${url}" cannot be fetched: ${reason}`, { cause });
  };
  const response = await host.fetch(url).catch((cause: unknown) => fail(String(cause), cause));
  if (!response.ok) fail(`HTTP ${response.status} ${response.statusText}`);
  checkModelSize(Number(response.headers.get('content-length')), `"${url}"`);
  // What goes wrong on the way is told by whoever reads all of it.
  if (onStart) readStart(response.clone(), onStart).catch(() => {});
  return new Uint8Array(await response.arrayBuffer());
}

async function readStart({ body }: Response, onStart: (start: Uint8Array) => void): Promise<void> {
  const reader = body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  if (value) onStart(value);
  // Settles only with the whole answer.
  reader?.cancel().catch(() => {});
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
