/** A model, wherever it comes from → the graph as it was read, and as the passes leave it. */

import { WgconvError } from '../core/errors.ts';
import { fetchBytes } from '../core/fetch-bytes.ts';
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

/** @throws WgconvError `invalid-model`, `unsupported-operator` (all of them at once), … */
export async function loadModel(model: ModelSource, options: SessionOptions): Promise<LoadedModel> {
  const read = await readGraph(model, options);
  const original = options.transform ? await options.transform(read) : read;
  // The caller's function may have added others.
  await loadOperators(original.nodes.map(({ op }) => op));
  return { original, graph: await optimise(original) };
}

async function readGraph(
  model: ModelSource,
  { onProgress, externalData: files }: SessionOptions,
): Promise<Graph> {
  if (model instanceof Uint8Array) return readModel(model, { files, onProgress });
  if (model instanceof ArrayBuffer)
    return readGraph(new Uint8Array(model), { externalData: files, onProgress });
  if (typeof model === 'string' || model instanceof URL) {
    const report = (done: number) =>
      onProgress?.({ stage: 'read', done, total: 1, detail: `${model}` });
    report(0);
    const bytes = await fetchBytes(model, (start) => {
      loadOperators(operatorsIn(start)).catch(() => {}); // asked for again when all are known
    });
    report(1);
    return readModel(bytes, { files, model, onProgress });
  }
  if (!Array.isArray((model as Graph | undefined)?.nodes)) {
    throw new WgconvError(
      'invalid-argument',
      'a model is the URL of an ONNX file or a model.json, its bytes (ArrayBuffer or Uint8Array), or a graph',
    );
  }
  return model;
}
