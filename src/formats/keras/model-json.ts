/**
 * `model.json` of TensorFlow.js: which kind of model it holds, its topology and its weights' places.
 * Definition: `io.ModelJSON` of https://js.tensorflow.org/api/latest/
 */

import { WgconvError } from '../../core/errors.ts';

/** An object of a file: nothing is known of what it holds. */
export type JsonObject = Readonly<Record<string, unknown>>;

export interface ModelJson {
  /** A model's configuration as Keras writes it: `{ class_name, config }`. */
  readonly topology: JsonObject;
  /** What made the model, and what wrote the file, as far as it says so. */
  readonly producer: string;
  readonly weightsManifest: readonly JsonObject[];
}

/** @throws WgconvError `invalid-model`, `unsupported-operator` for what is no layers model */
export function readModelJson(bytes: Uint8Array): ModelJson {
  const json = parse(bytes);
  const { format, modelTopology, weightsManifest = [], generatedBy, convertedBy } = json;
  if (format === 'graph-model' || (isObject(modelTopology) && 'node' in modelTopology)) {
    throw new WgconvError(
      'invalid-model',
      'this model.json is a TensorFlow.js graph model, which wgconv does not read; convert the model to ONNX (tf2onnx), or save it as a layers model',
      { data: { format } },
    );
  }
  if (format !== undefined && format !== 'layers-model') {
    throw new WgconvError(
      'invalid-model',
      `this model.json has the format ${JSON.stringify(format)}; wgconv reads "layers-model"`,
      { data: { format } },
    );
  }
  const topology = withoutWrapper(modelTopology);
  if (!Array.isArray(weightsManifest) || !weightsManifest.every(isObject)) {
    throw new WgconvError(
      'invalid-model',
      'the weightsManifest of model.json is no list of { paths, weights }',
    );
  }
  const makers = [generatedBy, convertedBy].filter((maker) => typeof maker === 'string');
  return { topology, producer: makers.join(', '), weightsManifest };
}

/** No program nests deeper; what walks through it would run out of stack. */
const mostDepth = 1000;

/** @throws WgconvError `invalid-model` where lists and objects are nested too deep. */
function checkDepth(bytes: Uint8Array): void {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const character = String.fromCharCode(bytes[at] as number);
    if (character === '"') inText = !inText;
    else if (inText) at += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') depth++;
    else if (character === ']' || character === '}') depth--;
    if (depth > mostDepth) {
      throw new WgconvError(
        'invalid-model',
        `model.json nests lists and objects deeper than ${mostDepth} in each other`,
      );
    }
  }
}

function parse(bytes: Uint8Array): JsonObject {
  checkDepth(bytes);
  let json: unknown;
  try {
    // A byte order mark is no part of the text: the decoder leaves it out.
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WgconvError(
      'invalid-model',
      `the model starts as JSON does, but cannot be read as JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (isObject(json)) return json;
  throw new WgconvError('invalid-model', 'the model is JSON, but not the object of a model.json');
}

/** Converted Keras files have the topology as `model_config`, a few as text. */
function withoutWrapper(topology: unknown): JsonObject {
  let inner: unknown = isObject(topology)
    ? (topology.model_config ?? topology.modelConfig ?? topology)
    : topology;
  if (typeof inner === 'string') {
    checkDepth(new TextEncoder().encode(inner));
    try {
      inner = JSON.parse(inner);
    } catch (cause) {
      throw new WgconvError('invalid-model', 'the model_config of model.json is no JSON', {
        cause,
      });
    }
  }
  if (isObject(inner)) return inner;
  throw new WgconvError(
    'invalid-model',
    'the JSON is no model.json of a layers model: it has no modelTopology',
  );
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
