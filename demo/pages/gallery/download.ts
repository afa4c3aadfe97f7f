/** Files of a model, fetched together, with the bytes that have come so far. */

/** `total` is 0 where the server does not tell. */
export type OnBytes = (done: number, total: number) => void;

/** @throws Error naming the file that did not come */
export async function download(
  addresses: readonly string[],
  onBytes: OnBytes,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const responses = await Promise.all(
    addresses.map(async (address) => {
      const response = await fetch(address);
      if (!response.ok) throw new Error(`${address} answered ${response.status}`);
      return response;
    }),
  );
  let done = 0;
  const sizes = responses.map(({ headers }) => Number(headers.get('content-length') ?? 0));
  // A compressed answer has no length, or that of what was sent: nothing to compare with.
  const plain = responses.every(({ headers }) => !headers.get('content-encoding'));
  const total = plain && sizes.every((size) => size > 0) ? sizes.reduce((a, b) => a + b) : 0;
  return Promise.all(
    responses.map(async (response) => {
      const parts: Uint8Array<ArrayBuffer>[] = [];
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
        parts.push(part.value);
        done += part.value.length;
        onBytes(done, total);
      }
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    }),
  );
}
