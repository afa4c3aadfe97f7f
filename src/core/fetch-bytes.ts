/** Fetching a file that a caller named by its address. */

import { WgconvError } from './errors.ts';

/** No protobuf message, and no model that a page keeps in memory as one piece, is larger. */
export const mostModelBytes = 2 ** 31 - 1;

/** @throws WgconvError `invalid-model` where there is no answer, `limit-exceeded` above 2 GiB */
export async function fetchBytes(url: string | URL): Promise<Uint8Array> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new WgconvError('invalid-model', `"${url}" cannot be fetched: ${reason}`, { cause });
  };
  const response = await fetch(url).catch((cause: unknown) => fail(String(cause), cause));
  if (!response.ok) fail(`HTTP ${response.status} ${response.statusText}`);
  checkModelSize(Number(response.headers.get('content-length')), `"${url}"`);
  return new Uint8Array(await response.arrayBuffer());
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
