/** Models made of layers: in sequence, or any graph of them. */

import { WgconvError } from '../core/errors.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Graph } from '../graph/graph.ts';
import { Emitter, LayerEmitter, type Value } from './emitter.ts';
import { Layer, layerError, SymbolicTensor } from './layer.ts';
import { layerOrder, tensorOrder } from './order.ts';
import { parseSafetensors } from './safetensors.ts';
import { checkShape, type Shape } from './shape.ts';
import { summaryOf } from './summary.ts';
import type { Weight, WeightSource } from './weights.ts';

export interface ModelOptions {
  readonly name?: string | undefined;
  /** Of the first values of weights that are never set, 0 by default. */
  readonly seed?: number | undefined;
}

const modelOptions = { name: true, seed: true } as const;

export interface InputOptions {
  /** Without the batch: [height, width, channels]; null is a size known only when fed. */
  readonly shape: Shape;
  readonly name?: string | undefined;
}

/** What a functional model starts from. */
export function input(options: InputOptions): SymbolicTensor {
  refuseUnknown('option of input', options, { shape: true, name: true });
  const shape = checkShape(options?.shape, options?.name ?? 'input');
  return inputTensor(shape, options.name);
}

function inputTensor(shape: Shape, name: string | undefined): SymbolicTensor {
  const built = {
    shape,
    emit: () => {
      throw new WgconvError('internal', 'an input is fed, not computed');
    },
  };
  const kind = { className: 'InputLayer', defaultName: 'input_1', build: () => built };
  return new SymbolicTensor(new Layer(kind, { name }), [], built);
}

/**
 * Layers one after the other. The first one has an `inputShape`, or is what `input()` gave.
 *
 * ```ts
 * const net = sequential([
 *   conv2d({ inputShape: [28, 28, 1], filters: 6, kernelSize: 5, activation: 'tanh' }),
 *   flatten(),
 *   dense({ units: 10, activation: 'softmax' }),
 * ]);
 * ```
 */
export function sequential(
  layers: readonly [Layer | SymbolicTensor, ...Layer[]] | readonly Layer[],
  options: ModelOptions = {},
): LayersModel {
  refuseUnknown('option of sequential', options, modelOptions);
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new WgconvError('invalid-argument', 'sequential() takes a list of layers');
  }
  const [first] = layers as readonly (Layer | SymbolicTensor)[];
  const rest = layers.filter((layer): layer is Layer => layer instanceof Layer);
  if (rest.length + (first instanceof SymbolicTensor ? 1 : 0) !== layers.length) {
    throw new WgconvError(
      'invalid-argument',
      'sequential() takes layers, such as conv2d({ … }), and at most one input(), in front',
    );
  }
  nameLayers(rest);
  const start = first instanceof SymbolicTensor ? first : sequentialInput(rest);
  const output = rest.reduce((tensor, layer) => layer.apply(tensor), start);
  const name = options.name ?? 'sequential';
  return new LayersModel([start], [output], rest, { ...options, name });
}

function sequentialInput([first]: readonly Layer[]): SymbolicTensor {
  if (!first?.inputShape) {
    throw layerError(
      first?.name ?? '',
      first?.className ?? '',
      'as the first layer of a model it needs an inputShape, such as [28, 28, 1] for [height, width, channels]',
    );
  }
  return inputTensor(first.inputShape, `${first.name}_input`);
}

/**
 * A model of layers that were applied to each other.
 *
 * ```ts
 * const x = input({ shape: [32, 32, 3] });
 * const y = conv2d({ filters: 3, kernelSize: 3, padding: 'same' }).apply(x);
 * const net = model({ inputs: x, outputs: add().apply([x, y]) });
 * ```
 */
export function model(
  options: ModelOptions & {
    readonly inputs: SymbolicTensor | readonly SymbolicTensor[];
    readonly outputs: SymbolicTensor | readonly SymbolicTensor[];
  },
): LayersModel {
  refuseUnknown('option of model', options, { ...modelOptions, inputs: true, outputs: true });
  const inputs = listOf(options.inputs, 'inputs');
  const outputs = listOf(options.outputs, 'outputs');
  const wrong = inputs.find(({ inputs: made }) => made.length > 0);
  if (wrong) {
    throw layerError(
      wrong.layer.name,
      wrong.layer.className,
      'its output cannot be an input of a model: inputs are what input() gave',
    );
  }
  const tensors = tensorOrder(outputs);
  const missing = tensors.find((t) => t.inputs.length === 0 && !inputs.includes(t));
  if (missing) {
    throw new WgconvError(
      'invalid-argument',
      `the outputs need the input "${missing.layer.name}" ${JSON.stringify(missing.shape)}, which is none of the model's inputs`,
    );
  }
  const layers = layerOrder(outputs, inputs);
  nameLayers(layers);
  return new LayersModel(inputs, outputs, layers, { ...options, name: options.name ?? 'model' });
}

function listOf(
  given: SymbolicTensor | readonly SymbolicTensor[],
  what: string,
): readonly SymbolicTensor[] {
  const list: readonly SymbolicTensor[] = given instanceof SymbolicTensor ? [given] : given;
  const fits =
    Array.isArray(list) && list.length > 0 && list.every((t) => t instanceof SymbolicTensor);
  if (fits && new Set(list).size === list.length) return list;
  throw new WgconvError(
    'invalid-argument',
    `${what} of a model are one tensor or a list of different ones, made by input() and apply()`,
  );
}

function nameLayers(layers: readonly Layer[]): void {
  const taken = new Set<string>();
  const distinct = [...new Set(layers)];
  for (const layer of distinct.filter(({ hasName }) => hasName)) {
    if (taken.has(layer.name)) {
      throw layerError(
        layer.name,
        layer.className,
        'another layer of the model has this name, too: give one of them another name',
      );
    }
    taken.add(layer.name);
  }
  for (const layer of distinct) taken.add(layer.nameIn(taken));
}

/** A network of layers with their weights; `toGraph()` makes it ready for a session. */
export class LayersModel {
  readonly name: string;
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  /** In Keras's order. */
  readonly layers: readonly Layer[];
  readonly #seed: number;

  /** @internal */
  constructor(
    inputs: readonly SymbolicTensor[],
    outputs: readonly SymbolicTensor[],
    layers: readonly Layer[],
    options: ModelOptions & { readonly name: string },
  ) {
    this.name = options.name;
    this.inputs = inputs;
    this.outputs = outputs;
    this.layers = layers;
    this.#seed = options.seed ?? 0;
  }

  /** Of all layers, in order, as in tf.keras. */
  get weights(): readonly Weight[] {
    return [...new Set(this.layers)].flatMap((layer) => layer.weights);
  }

  /** The layer of that name. @throws WgconvError `invalid-argument`, listing those there are */
  getLayer(name: string): Layer {
    const found = this.layers.find((layer) => layer.name === name);
    if (found) return found;
    throw new WgconvError(
      'invalid-argument',
      `the model has no layer "${name}"; its layers are ${this.layers.map((l) => `"${l.name}"`).join(', ')}`,
    );
  }

  countParams(): number {
    return this.weights.reduce((sum, { size }) => sum + size, 0);
  }

  /** The table that Keras prints. */
  summary(): string {
    return summaryOf(this);
  }

  /** Copies of the weights, in the order of `weights`. */
  getWeights(): Tensor[] {
    return this.weights.map((weight) => weight.toTensor(this.#seed));
  }

  /**
   * Sets all weights: a list in the order of `weights`, or a record by their names. What is made of
   * the model before (graphs, sessions) keeps the old ones.
   * @throws WgconvError `invalid-argument`, `wrong-shape` or `wrong-type`, naming the weight; then
   * none is changed
   */
  setWeights(values: readonly WeightSource[] | Readonly<Record<string, WeightSource>>): void {
    const { weights } = this;
    const sources = Array.isArray(values)
      ? values
      : this.#byName(values as Record<string, WeightSource>);
    if (sources.length !== weights.length) {
      throw new WgconvError(
        'invalid-argument',
        `the model has ${weights.length} weights, but ${sources.length} were given`,
      );
    }
    const checked = weights.map((weight, index) => weight.checkedValues(sources[index]));
    weights.forEach((weight, index) => {
      weight.set(checked[index] as Float32Array);
    });
  }

  #byName(values: Readonly<Record<string, WeightSource>>): WeightSource[] {
    const { weights } = this;
    const names = new Set(weights.map(({ name }) => name));
    const unknown = Object.keys(values).find((name) => !names.has(name));
    if (unknown !== undefined) {
      throw new WgconvError(
        'invalid-argument',
        `the model has no weight "${unknown}"; its weights are ${[...names].map((n) => `"${n}"`).join(', ')}`,
        { value: unknown },
      );
    }
    return weights.map(({ name }) => {
      const source = values[name];
      if (source !== undefined) return source;
      throw new WgconvError('invalid-argument', `the weight "${name}" is missing`, { value: name });
    });
  }

  /**
   * Sets all weights from a file in the format safetensors, whose tensors have the weights' names.
   * @throws WgconvError `invalid-model` where the file is damaged, and what `setWeights` throws
   */
  loadSafetensors(bytes: Uint8Array | ArrayBuffer): void {
    this.setWeights(Object.fromEntries(parseSafetensors(bytes)));
  }

  /**
   * The graph for `InferenceSession.create(await model.toGraph())`. Inputs and outputs are channels
   * last, with a batch of any size in front, and are named after their layers.
   */
  async toGraph(): Promise<Graph> {
    const emitter = new Emitter();
    const values = new Map<SymbolicTensor, Value>();
    const applied = new Map<Layer, number>();
    for (const tensor of this.inputs) {
      values.set(
        tensor,
        emitter.input(tensor.layer.name, tensor.shape, inputDims(tensor, this.inputs.length)),
      );
    }
    for (const tensor of tensorOrder(this.outputs)) {
      if (values.has(tensor)) continue;
      values.set(tensor, this.#emit(emitter, tensor, values, applied));
    }
    const outputs = this.outputs.map(({ layer }, index) =>
      this.#nameOutput(emitter, layer, values.get(this.outputs[index] as SymbolicTensor) as Value),
    );
    return emitter.build(this.name, outputs);
  }

  #emit(
    emitter: Emitter,
    tensor: SymbolicTensor,
    values: ReadonlyMap<SymbolicTensor, Value>,
    applied: Map<Layer, number>,
  ): Value {
    const { layer, built } = tensor;
    const inputs = tensor.inputs.map((source) => values.get(source) as Value);
    const elements = layer.weights.map((w) => [w.shortName, w.values(this.#seed)] as const);
    const value = built.emit(
      new LayerEmitter(emitter, layer.name),
      inputs as [Value, ...Value[]],
      Object.fromEntries(elements),
    );
    const time = (applied.get(layer) ?? 0) + 1;
    applied.set(layer, time);
    // Outputs are named when all is made: in Keras's order they may be other values.
    if (!this.outputs.includes(tensor) && !inputs.includes(value)) {
      const name = time === 1 ? layer.name : `${layer.name}_${time}`;
      emitter.rename(value.names.get(value.order) ?? '', name);
    }
    return value;
  }

  /** The output's name: its layer's, unless that is taken. */
  #nameOutput(emitter: Emitter, layer: Layer, value: Value): string {
    const own = new LayerEmitter(emitter, layer.name);
    const last = own.last(value);
    if (emitter.rename(last, layer.name)) return last;
    const copy = own.node('Identity', [last]);
    emitter.rename(copy, layer.name);
    return copy;
  }
}

/** Sizes that are not known are symbols, the same ones in all inputs only where there is one. */
function inputDims({ layer, shape }: SymbolicTensor, inputs: number) {
  const prefix = inputs === 1 ? '' : `${layer.name}_`;
  const names = shape.length === 3 ? ['height', 'width', 'channels'] : [];
  return [
    'N',
    ...shape.map((size, axis) => size ?? `${prefix}${names[axis] ?? `size_${axis + 1}`}`),
  ];
}
