/** A model's configuration → layers applied to each other; models within models are laid open. */

import { WgconvError } from '../../core/errors.ts';
import {
  input,
  type Layer,
  type LayersModel,
  model,
  type Shape,
  type SymbolicTensor,
} from '../../layers/index.ts';
import { type Unsupported, unsupportedError } from '../unsupported.ts';
import { layerClass, type MakeLayer, makeLayer } from './layer-classes.ts';
import type { JsonObject } from './model-json.ts';
import type { LayerConfig, ModelConfig, TensorReference } from './topology.ts';
import type { WantedWeight } from './weight-names.ts';

export interface BuiltModel {
  readonly model: LayersModel;
  /** What the weights of `model.weights` may be called, in the same order. */
  readonly wanted: readonly WantedWeight[];
}

/** What is known of all models within each other while they are laid open. */
interface Building {
  readonly paths: Map<Layer, readonly string[]>;
  applications: number;
}

/** A small file of models that apply each other twice asks for 2 to the power of their depth. */
const mostApplications = 100_000;

function countApplication(building: Building): void {
  if (++building.applications <= mostApplications) return;
  fail(`its models apply each other, and layers, more than ${mostApplications} times`);
}

/** A layer or a model: what can be applied, more than once with the same weights. */
interface Unit {
  apply(inputs: readonly SymbolicTensor[]): readonly SymbolicTensor[];
}

/**
 * @throws WgconvError `unsupported-operator` (with all layers in `data.unsupported`),
 * `invalid-model`, or what a layer says of its options and inputs
 */
export function buildModel(config: ModelConfig): BuiltModel {
  refuseUnsupported(config);
  const building: Building = { paths: new Map(), applications: 0 };
  const { paths } = building;
  const inputs = inputsOf(config);
  const outputs = new Network(config, [], building).apply(inputs);
  const built = model({ name: config.name, inputs, outputs });
  const wanted = built.layers.flatMap((layer) =>
    layer.weights.map((weight, index) => ({
      path: [config.name, ...(paths.get(layer) ?? [layer.name])],
      name: weight.shortName,
      index,
      dims: weight.shape,
    })),
  );
  return { model: built, wanted };
}

/** Layers by which a model begins, and which compute nothing. */
function isInput({ className }: LayerConfig): boolean {
  return className === 'InputLayer';
}

function refuseUnsupported(config: ModelConfig): void {
  const unsupported: Unsupported[] = [];
  const visit = ({ layers }: ModelConfig, path: string) => {
    for (const layer of layers) {
      if (layer.model) visit(layer.model, `${path}${layer.name}/`);
      else if (!isInput(layer) && !classOf(layer)) {
        const reason = layer.className === 'Lambda' ? { reason: 'a Python function' } : {};
        unsupported.push({ operator: layer.className, node: `${path}${layer.name}`, ...reason });
      }
    }
  };
  visit(config, '');
  if (unsupported.length > 0) throw unsupportedError(unsupported, 'A layer class', 'layer classes');
}

function classOf({ className }: LayerConfig): MakeLayer | undefined {
  return layerClass(className);
}

/** A model that is applied to tensors: its layers are made once. */
class Network implements Unit {
  readonly #config: ModelConfig;
  readonly #building: Building;
  readonly #units = new Map<string, Unit>();

  /** @param path names of the models around this one's layers */
  constructor(config: ModelConfig, path: readonly string[], building: Building) {
    this.#config = config;
    this.#building = building;
    for (const layer of config.layers) {
      if (!isInput(layer))
        this.#units.set(layer.name, unitOf(layer, [...path, layer.name], building));
    }
  }

  apply(inputs: readonly SymbolicTensor[]): readonly SymbolicTensor[] {
    const { layers, ends } = this.#config;
    countApplication(this.#building);
    if (ends) return this.#applyGraph(inputs, ends);
    return layers.reduce(
      (tensors, { name }) => this.#units.get(name)?.apply(tensors) ?? tensors,
      inputs,
    );
  }

  #applyGraph(
    given: readonly SymbolicTensor[],
    { inputs, outputs }: NonNullable<ModelConfig['ends']>,
  ): readonly SymbolicTensor[] {
    const { name, layers } = this.#config;
    if (given.length !== inputs.length) {
      fail(`the model "${name}" has ${inputs.length} inputs, but is applied to ${given.length}`);
    }
    const made = new Map(inputs.map(({ layer }, index) => [`${layer}/0`, [given[index]]]));
    const firstCalls = this.#firstCalls();
    const keyOf = ({ layer, call }: TensorReference) =>
      `${layer}/${call - (firstCalls.get(layer) ?? 0)}`;
    const find = (reference: TensorReference) => made.get(keyOf(reference))?.[reference.output];
    // In the file's order, which mostly is the one in which they compute; the others wait by what they miss.
    const ready = layers
      .flatMap((layer) =>
        layer.calls.map((sources, call) => ({
          ...{ layer, sources, key: `${layer.name}/${call}`, found: 0 },
        })),
      )
      .reverse();
    const waiting = new Map<string, typeof ready>();
    for (let next = ready.pop(); next; next = ready.pop()) {
      const { layer, sources, key } = next;
      while (next.found < sources.length && find(sources[next.found] as TensorReference)) {
        next.found++;
      }
      const missing = sources[next.found];
      if (missing) {
        const others = waiting.get(keyOf(missing));
        if (others) others.push(next);
        else waiting.set(keyOf(missing), [next]);
        continue;
      }
      const tensors = sources.map(find) as SymbolicTensor[];
      made.set(key, [...(this.#units.get(layer.name)?.apply(tensors) ?? [])]);
      for (const other of waiting.get(key) ?? []) ready.push(other);
      waiting.delete(key);
    }
    if (waiting.size > 0) this.#failWaiting([...waiting.values()].flat(), find);
    return outputs.map(
      (output) =>
        find(output) ?? fail(`the model "${name}" gives ${describe(output)}, which no layer makes`),
    );
  }

  /**
   * A model that was built before it was applied counts that as its application 0, in most versions
   * of Keras: then what refers to it counts from 1.
   */
  #firstCalls(): Map<string, number> {
    const { layers, ends } = this.#config;
    const last = new Map<string, number>();
    const references = [...layers.flatMap(({ calls }) => calls.flat()), ...(ends?.outputs ?? [])];
    for (const { layer, call } of references) last.set(layer, Math.max(last.get(layer) ?? 0, call));
    return new Map(
      layers.flatMap(({ name, calls, model: inner }) =>
        inner && last.get(name) === calls.length ? [[name, 1]] : [],
      ),
    );
  }

  #failWaiting(
    waiting: readonly {
      readonly layer: LayerConfig;
      readonly sources: readonly TensorReference[];
    }[],
    find: (reference: TensorReference) => SymbolicTensor | undefined,
  ): never {
    const pending = new Set(waiting.map(({ layer }) => layer.name));
    for (const { layer, sources } of waiting) {
      const missing = sources.find((source) => !find(source) && !pending.has(source.layer));
      if (!missing) continue;
      fail(
        `the layer "${layer.name}" takes ${describe(missing)}, which no layer of the model "${this.#config.name}" makes`,
      );
    }
    const names = [...pending].slice(0, 5).map((name) => `"${name}"`);
    return fail(
      `layers of the model "${this.#config.name}" wait for each other in a cycle: ${names.join(', ')}${pending.size > 5 ? ', …' : ''}`,
    );
  }
}

function describe({ layer, call, output }: TensorReference): string {
  return `output ${output} of call ${call} of "${layer}"`;
}

function unitOf(config: LayerConfig, path: readonly string[], building: Building): Unit {
  if (config.model) return new Network(config.model, path, building);
  const make = classOf(config);
  if (!make) return fail(`the layer "${config.name}" has no class`);
  // Names are unique in each model only.
  const options = { ...config.options, name: path.join('/') };
  const layer = makeLayer(make, config.className, options);
  building.paths.set(layer, path);
  return {
    apply: (inputs) => {
      countApplication(building);
      const [only] = inputs;
      return [layer.apply(only && inputs.length === 1 ? only : inputs)];
    },
  };
}

/** What the whole model takes. */
function inputsOf(config: ModelConfig): SymbolicTensor[] {
  const { layers, ends } = config;
  if (!ends) {
    const [first] = layers;
    if (!first) return fail(`the model "${config.name}" has no layers`);
    if (first.model && !shapeOf(first.options)) return inputsOf(first.model);
    return [inputOf(first, isInput(first) ? first.name : `${first.name}_input`)];
  }
  return ends.inputs.map(({ layer: name }) => {
    const layer = layers.find((one) => one.name === name);
    if (!layer) return fail(`the model "${config.name}" has no layer "${name}", its input`);
    return inputOf(layer, name);
  });
}

function inputOf({ name: layer, className, options }: LayerConfig, name: string): SymbolicTensor {
  const batchShape = shapeOf(options);
  if (!batchShape) {
    return fail(
      `the layer "${layer}" (${className}), which the model begins with, has no input shape: build the model before it is saved, or give the layer an input shape`,
    );
  }
  const type = dtypeOf(options.dtype);
  if (type !== undefined && !/^(mixed_)?b?float/.test(type)) {
    throw new WgconvError(
      'unsupported-type',
      `the input "${name}" has ${type} elements; the layers of wgconv compute with float32`,
      { value: name },
    );
  }
  return input({ name, shape: batchShape.slice(1) as Shape });
}

function shapeOf({ batchInputShape }: JsonObject): readonly unknown[] | undefined {
  return Array.isArray(batchInputShape) ? batchInputShape : undefined;
}

/** A name, or a policy: `{ class_name: 'Policy', config: { name } }`. */
function dtypeOf(dtype: unknown): string | undefined {
  if (typeof dtype === 'string') return dtype;
  const { config } = (dtype ?? {}) as { config?: { name?: unknown } };
  return typeof config?.name === 'string' ? config.name : undefined;
}

function fail(message: string): never {
  throw new WgconvError('invalid-model', message);
}
