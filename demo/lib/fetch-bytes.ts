/** A file of the site as bytes. */

/** @throws Error naming the file that did not come */
export async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
