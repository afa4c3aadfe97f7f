/** Files of the optional sibling folder `shared/`, for tests that run in a page. */

import { inject } from 'vitest';

/** Whether the folder is there; tests that need it say so and skip where it is not. */
export const hasShared = inject('shared') !== '';

/** Bytes of a file, for example `models/mnist-8/model.onnx`. */
export async function sharedFile(path: string): Promise<Uint8Array> {
  const response = await fetch(`${inject('shared')}/${path}`);
  if (!response.ok) throw new Error(`shared/${path}: HTTP ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
