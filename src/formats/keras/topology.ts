/**
 * The layers of a model and how they are connected, from what Keras 1 to 3 and TensorFlow.js write:
 * the same facts under different names and in different nesting.
 * Source of the forms: `get_config` of keras/src/models/functional.py and its forerunners.
 */

import { WgconvError } from '../../core/errors.ts';
import { isObject, type JsonObject } from './model-json.ts';

/** One output of one application of a layer. */
export interface TensorReference {
  readonly layer: string;
  /** Which application of the layer, in its model. */
  readonly call: number;
  readonly output: number;
}

export interface LayerConfig {
  readonly className: string;
  readonly name: string;
  /** The layer's options, in camel case as TensorFlow.js has them. */
  readonly options: JsonObject;
  /** What each application of the layer takes; empty in a sequential model. */
  readonly calls: readonly (readonly TensorReference[])[];
  /** Of a layer that is a model itself. */
  readonly model?: ModelConfig | undefined;
}

export interface ModelConfig {
  readonly name: string;
  readonly layers: readonly LayerConfig[];
  /** Undefined where each layer takes the output of the one before. */
  readonly ends?:
    | { readonly inputs: readonly TensorReference[]; readonly outputs: readonly TensorReference[] }
    | undefined;
}

/** Nobody nests models deeper; a file that does would be read for ever. */
const mostNesting = 50;

/** @throws WgconvError `invalid-model`, naming the layer that is wrong */
export function readTopology(topology: JsonObject): ModelConfig {
  const model = modelOf(topology, 0);
  if (model) return model;
  throw new WgconvError(
    'invalid-model',
    `the topology of model.json is of the class ${JSON.stringify(className(topology))}, which is no model: that is Sequential, Model or Functional`,
  );
}

/** Undefined where the object describes a layer that is no model. */
function modelOf(object: JsonObject, depth: number): ModelConfig | undefined {
  const kind = className(object);
  const isSequential = kind === 'Sequential';
  const { config } = object;
  // Keras before 2.2.3 has the layers of a sequential model for its configuration.
  const options = Array.isArray(config) ? { layers: config } : camelCase(config);
  if (!isSequential && kind !== 'Model' && kind !== 'Functional') {
    // A class of its own that is a model of layers all the same.
    if (!Array.isArray(options.layers) || !options.inputLayers) return undefined;
  }
  const name = text(options.name) ?? text(object.name) ?? kind.toLowerCase();
  if (!Array.isArray(options.layers)) fail(`the model "${name}" has no list of layers`);
  if (depth > mostNesting) fail(`models are nested deeper than ${mostNesting} in each other`);
  const layers = options.layers.map((layer: unknown) => layerOf(layer, depth));
  checkNames(name, layers);
  if (isSequential) return { name, layers };
  const inputs = endsOf(options.inputLayers, `the inputs of the model "${name}"`);
  const outputs = endsOf(options.outputLayers, `the outputs of the model "${name}"`);
  return { name, layers, ends: { inputs, outputs } };
}

function layerOf(layer: unknown, depth: number): LayerConfig {
  if (!isObject(layer)) return fail(`the model has the layer ${JSON.stringify(layer)}`);
  const kind = className(layer);
  const config = Array.isArray(layer.config) ? {} : camelCase(layer.config);
  const name = text(layer.name) ?? text(config.name);
  if (name === undefined) return fail(`a layer of the class ${kind} has no name`);
  const options = withInputShape(config, layer);
  const nodes = layer.inbound_nodes ?? layer.inboundNodes ?? [];
  if (!Array.isArray(nodes))
    return fail(`the layer "${name}" (${kind}) has no list of inbound_nodes`);
  const calls = nodes
    .map((node: unknown) => callOf(node, `the layer "${name}" (${kind})`))
    // What starts a model is applied to nothing.
    .filter((call) => call.length > 0);
  return { className: kind, name, options, calls, model: modelOf(layer, depth + 1) };
}

/** Keras 3 says beside a layer's options what it was built for. */
function withInputShape(options: JsonObject, layer: JsonObject): JsonObject {
  const build = camelCase(layer.build_config);
  const shape =
    options.batchInputShape ?? options.batchShape ?? options.buildInputShape ?? build.inputShape;
  return Array.isArray(shape) ? { ...options, batchInputShape: shape } : options;
}

function checkNames(model: string, layers: readonly LayerConfig[]): void {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) fail(`the model "${model}" has two layers "${name}"`);
    names.add(name);
  }
}

/** `[["a", 0, 0, {}], …]`, a single `["a", 0, 0, {}]`, or Keras 3's `{ args, kwargs }`. */
function callOf(node: unknown, layer: string): TensorReference[] {
  if (isObject(node)) {
    refuseArguments(node.kwargs, layer);
    return kerasTensors(node.args, layer);
  }
  return references(node, layer);
}

function kerasTensors(value: unknown, layer: string): TensorReference[] {
  if (Array.isArray(value)) return value.flatMap((item) => kerasTensors(item, layer));
  const history = isObject(value) && isObject(value.config) && value.config.keras_history;
  if (Array.isArray(history)) return [reference(history, layer)];
  if (value === null || value === undefined) return [];
  return fail(`${layer} is applied to ${shortened(value)}, which is no output of a layer`);
}

function endsOf(value: unknown, what: string): TensorReference[] {
  const list = isObject(value) ? Object.values(value) : value;
  const ends = Array.isArray(list) ? references(list, what) : [];
  if (ends.length === 0) fail(`${what} are not said`);
  return ends;
}

function references(value: unknown, where: string): TensorReference[] {
  if (!Array.isArray(value)) return fail(`${where}: ${shortened(value)} is no list of outputs`);
  if (typeof value[0] === 'string') return [reference(value, where)];
  return value.flatMap((item) => references(item, where));
}

function reference(
  [layer, call = 0, output = 0, options]: readonly unknown[],
  where: string,
): TensorReference {
  if (typeof layer !== 'string' || !isIndex(call) || !isIndex(output)) {
    return fail(`${where}: ${shortened([layer, call, output])} names no output of a layer`);
  }
  refuseArguments(options, where);
  return { layer, call, output };
}

/** Arguments of a call that say nothing here: there is no training, and there are no masks. */
const withoutMeaning = ['training', 'mask'];

function refuseArguments(given: unknown, layer: string): void {
  const entry = Object.entries(isObject(given) ? given : {}).find(
    ([name, value]) => value !== null && !withoutMeaning.includes(name),
  );
  if (!entry) return;
  const [name, value] = entry;
  fail(
    `${layer} is called with ${name} = ${shortened(value)}; wgconv reads layers that take the outputs of layers only`,
  );
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function className(object: JsonObject): string {
  return (
    text(object.class_name) ??
    text(object.className) ??
    fail(`model.json has ${shortened(object)}, which does not say its class_name`)
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The keys of an object as TensorFlow.js writes them: `kernel_size` as `kernelSize`. */
function camelCase(object: unknown): JsonObject {
  if (!isObject(object)) return {};
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [
      key.replace(/(?<=[a-z\d])_+([a-z\d])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

function shortened(value: unknown): string {
  const json = String(JSON.stringify(value));
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}

function fail(message: string): never {
  throw new WgconvError('invalid-model', message);
}
