/** A model, wherever it comes from → the graph as it was read, and as the passes leave it. */

import { WgconvError } from '../core/errors.ts';
import type { OnBytes } from '../core/fetch-bytes.ts';
import { insist } from '../core/refuse-unknown.ts';
import { countBytes } from '../formats/bytes-read.ts';
import type { ExternalSource, OnSketch } from '../formats/files-beside.ts';
import { operatorsIn } from '../formats/onnx/index.ts';
import { readFile } from '../formats/read-file.ts';
import { readModel } from '../formats/read-model.ts';
import type { GpuContext } from '../gpu/device.ts';
import type { Graph } from '../graph/graph.ts';
import { loadOperators } from '../ops/index.ts';
import { optimise } from '../passes/index.ts';
import type { SessionOptions } from './options.ts';

/** URL of an ONNX file or of a `model.json` (Keras, TensorFlow.js), or its bytes, or a graph. */
export type ModelSource = string | URL | ArrayBuffer | Uint8Array | Blob | Graph;

/** What a session computes. */
export interface LoadedModel {
  /** The model as it was read, with all of its values. */
  readonly original: Graph;
  /** After the passes that need no shapes. */
  readonly graph: Graph;
  /** What is to be said of where its files come from. */
  readonly notes: readonly string[];
}

/**
 * @param acquired the device that pipelines may be compiled for meanwhile
 * @throws WgconvError `fetch-failed`, `invalid-model`, `unsupported-operator` (all of them at once), …
 * @throws the signal's reason
 */
export async function loadModel(
  model: ModelSource,
  options: SessionOptions,
  acquired?: Promise<GpuContext | undefined>,
): Promise<LoadedModel> {
  const { backend, transform, signal } = options;
  const notes: string[] = [];
  const read = await readGraph(model, options, {
    note: (text) => notes.push(text),
    // What the caller's function makes of the graph is not known before.
    onSketch: transform || backend === 'cpu' ? undefined : acquired && sketches(acquired, options),
  });
  signal?.throwIfAborted();
  const original = transform ? await transform(read) : read;
  insist(Array.isArray(original?.nodes), `transform returns a graph, not ${original}`);
  signal?.throwIfAborted();
  // The caller's function may have added others.
  await loadOperators(original.nodes.map(({ op }) => op));
  return { original, graph: await optimise(original), notes };
}

async function readGraph(
  model: ModelSource,
  { onProgress, externalData: files, signal, cache, integrity }: SessionOptions,
  listeners: Pick<ExternalSource, 'note' | 'onSketch'>,
): Promise<Graph> {
  if (files) (await import('../formats/files-beside.ts')).checkFiles(files);
  const count = onProgress && countBytes(onProgress);
  const source = { files, signal, count, cache, ...listeners };
  const isAddress = typeof model === 'string' || model instanceof URL;
  const arrived = new AbortController();
  const load = loadsOperators();
  const sketch =
    isAddress && listeners.onSketch && sketchesArriving(model, listeners.onSketch, arrived.signal);
  const bytes = await readFile(
    model,
    isAddress ? `${model}` : 'the model',
    // What a caller has given is not read any more.
    { ...source, count: isAddress ? count : undefined },
    integrity,
    (...state) => {
      load(...state);
      if (sketch) sketch(...state);
    },
  ).finally(() => arrived.abort());
  if (bytes) return readModel(bytes, { ...source, ...(isAddress && { model }) });
  if (integrity === undefined && Array.isArray((model as Graph | undefined)?.nodes)) {
    return model as Graph;
  }
  throw new WgconvError(
    'invalid-argument',
    integrity === undefined
      ? 'a model is the URL of an ONNX file or a model.json, its bytes (ArrayBuffer, Uint8Array or Blob), or a graph'
      : 'a graph has no bytes that could have an integrity',
  );
}

/** Compiles pipelines while the weights are on their way. */
function sketches(acquired: Promise<GpuContext | undefined>, options: SessionOptions): OnSketch {
  return async (make, signal) => {
    try {
      const { requestPipelines } = await import('./sketch.ts');
      await requestPipelines(make, acquired, options, signal);
    } catch {
      // Whoever plans the whole model says what is wrong with it.
    }
  };
}

/** A model that is there sooner is not worth a sketch. */
const shortMilliseconds = 100;

/** Sketches a file that takes long of what has come of it; `signal` says that it has come. */
function sketchesArriving(url: string | URL, onSketch: OnSketch, signal: AbortSignal): OnBytes {
  const begin = performance.now();
  let asked = false;
  let onBytes: OnBytes | undefined;
  return (arrived, total, inParts) => {
    onBytes?.(arrived, total);
    if (asked || !inParts || !total || performance.now() - begin < shortMilliseconds) return;
    asked = true;
    import('../formats/onnx/arriving.ts').then(
      ({ ArrivingModel }) => {
        onBytes = new ArrivingModel(url, total, onSketch, signal).onBytes;
      },
      () => {}, // it arrives without
    );
  };
}

/** Loads the operators that the first bytes name while the others are on their way. */
function loadsOperators(): OnBytes {
  let started = false;
  return (arrived) => {
    if (started || arrived.length === 0) return;
    started = true;
    loadOperators(operatorsIn(arrived)).catch(() => {}); // asked for again when all are known
  };
}
