/** A model, wherever it comes from → the graph as it was read, and as the passes leave it. */

import { WgconvError } from '../core/errors.ts';
import { fetchBytes, type OnBytes } from '../core/fetch-bytes.ts';
import { countBytes } from '../formats/bytes-read.ts';
import { operatorsIn } from '../formats/onnx/index.ts';
import { readModel } from '../formats/read-model.ts';
import type { Graph } from '../graph/graph.ts';
import { loadOperators } from '../ops/index.ts';
import { optimise } from '../passes/index.ts';
import type { SessionOptions } from './options.ts';

/** URL of an ONNX file or of a `model.json` (Keras, TensorFlow.js), or its bytes, or a graph. */
export type ModelSource = string | URL | ArrayBuffer | Uint8Array | Graph;

/** What a session computes. */
export interface LoadedModel {
  /** The model as it was read, with all of its values. */
  readonly original: Graph;
  /** After the passes that need no shapes. */
  readonly graph: Graph;
}

/**
 * @throws WgconvError `invalid-model`, `unsupported-operator` (all of them at once), …
 * @throws the signal's reason
 */
export async function loadModel(model: ModelSource, options: SessionOptions): Promise<LoadedModel> {
  const { transform, signal } = options;
  const read = await readGraph(model, options);
  signal?.throwIfAborted();
  const original = transform ? await transform(read) : read;
  signal?.throwIfAborted();
  // The caller's function may have added others.
  await loadOperators(original.nodes.map(({ op }) => op));
  return { original, graph: await optimise(original) };
}

async function readGraph(model: ModelSource, options: SessionOptions): Promise<Graph> {
  const { onProgress, externalData: files, signal } = options;
  const source = { files, signal, count: onProgress && countBytes(onProgress) };
  if (model instanceof Uint8Array) return readModel(model, source);
  if (model instanceof ArrayBuffer) return readModel(new Uint8Array(model), source);
  if (typeof model === 'string' || model instanceof URL) {
    const count = source.count?.(`${model}`);
    let started = false;
    const onBytes: OnBytes = (arrived, total) => {
      count?.(arrived, total);
      if (started || arrived.length === 0) return;
      started = true;
      loadOperators(operatorsIn(arrived)).catch(() => {}); // asked for again when all are known
    };
    const bytes = await fetchBytes(model, { signal, onBytes });
    return readModel(bytes, { ...source, model });
  }
  if (!Array.isArray((model as Graph | undefined)?.nodes)) {
    throw new WgconvError(
      'invalid-argument',
      'a model is the URL of an ONNX file or a model.json, its bytes (ArrayBuffer or Uint8Array), or a graph',
    );
  }
  return model;
}
