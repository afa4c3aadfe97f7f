/** A model's file, whatever its format → Graph. */

import type { Graph } from '../graph/graph.ts';
import type { ExternalSource } from './files-beside.ts';
import { readOnnxModel } from './onnx/index.ts';

/** Whether these are the bytes of a `model.json`: no ONNX file starts as JSON does. */
export function isJson(bytes: Uint8Array): boolean {
  return /^\s*{/.test(new TextDecoder().decode(bytes.subarray(0, 99)));
}

/** @throws WgconvError as the reader of the format does */
export async function readModel(bytes: Uint8Array, source?: ExternalSource): Promise<Graph> {
  if (!isJson(bytes)) return readOnnxModel(bytes, source);
  const { readKerasModel } = await import('./keras/index.ts');
  return readKerasModel(bytes, source);
}
