/**
 * Values between Node and the page: JSON, with byte arrays behind it as they are. Tensors of
 * megabytes cross without becoming text, and NaN, infinity and bigint arrive as themselves.
 *
 * Layout: u32 length of the JSON, u32 zero, the JSON, then the byte arrays, each at a multiple of 8
 * bytes, so that the receiver can see them as elements of any type without a copy.
 */

/** What stands in the JSON for a value that JSON has not. */
type Marker =
  | { readonly $: 'bytes'; readonly at: number; readonly length: number }
  | { readonly $: 'number'; readonly text: string }
  | { readonly $: 'bigint'; readonly text: string };

const alignment = 8;
const aligned = (bytes: number) => Math.ceil(bytes / alignment) * alignment;

export function encodeMessage(value: unknown): Uint8Array<ArrayBuffer> {
  const blobs: Uint8Array[] = [];
  let size = 0;
  const json = JSON.stringify(
    value,
    function (this: Record<string, unknown>, key: string): unknown {
      // Not the second argument: a Buffer's own toJSON has been there before.
      const item = this[key];
      if (item instanceof Uint8Array) {
        const marker: Marker = { $: 'bytes', at: size, length: item.length };
        blobs.push(item);
        size += aligned(item.length);
        return marker;
      }
      if (typeof item === 'bigint') return { $: 'bigint', text: String(item) } satisfies Marker;
      if (typeof item === 'number' && (!Number.isFinite(item) || Object.is(item, -0))) {
        return {
          $: 'number',
          text: Object.is(item, -0) ? '-0' : String(item),
        } satisfies Marker;
      }
      return item;
    },
  );
  const header = new TextEncoder().encode(json ?? 'null');
  const start = aligned(8 + header.length);
  const message = new Uint8Array(start + size);
  new DataView(message.buffer).setUint32(0, header.length, true);
  message.set(header, 8);
  let at = start;
  for (const blob of blobs) {
    message.set(blob, at);
    at += aligned(blob.length);
  }
  return message;
}

/** Byte arrays in the result are views of `message`. */
export function decodeMessage(message: Uint8Array): unknown {
  // Views of elements need the message itself to begin at a multiple of 8.
  const bytes = message.byteOffset % alignment === 0 ? message : message.slice();
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const start = aligned(8 + length);
  const json = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  return JSON.parse(json, (_, item: unknown): unknown => {
    if (typeof item !== 'object' || item === null || !('$' in item)) return item;
    const marker = item as Marker;
    if (marker.$ === 'bytes') {
      return bytes.subarray(start + marker.at, start + marker.at + marker.length);
    }
    return marker.$ === 'bigint' ? BigInt(marker.text) : Number(marker.text);
  });
}
