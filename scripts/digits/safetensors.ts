/** Writes float32 weights as a safetensors file (https://github.com/huggingface/safetensors). */

import type { WeightValues } from './trainable.ts';

const LENGTH_BYTES = 8;
const ALIGNMENT = 8;

/** The tensors stand in the order given, without gaps. */
export function encodeSafetensors(weights: WeightValues): Uint8Array {
  const header: Record<string, object> = {};
  let size = 0;
  for (const [name, { shape, values }] of Object.entries(weights)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [size, size + values.byteLength] };
    size += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces may follow the header, so that the values stand aligned.
  const headerBytes = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + size);
  bytes.fill(' '.charCodeAt(0), LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  bytes.set(json, LENGTH_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  let at = LENGTH_BYTES + headerBytes;
  for (const { values } of Object.values(weights)) {
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}
