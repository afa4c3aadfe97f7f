/** A model of layers: its weights, its summary, and the graph that computes it. */

import { WgconvError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Graph } from '../graph/graph.ts';
import { Emitter, LayerEmitter, type Value } from './emitter.ts';
import type { Layer, SymbolicTensor } from './layer.ts';
import { tensorOrder } from './order.ts';
import { parseSafetensors } from './safetensors.ts';
import { summaryOf } from './summary.ts';
import type { Weight, WeightSource } from './weights.ts';

export interface ModelOptions {
  readonly name?: string | undefined;
  /** Of the first values of weights that are never set, 0 by default. */
  readonly seed?: number | undefined;
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
    if (typeof values !== 'object' || values === null) {
      throw new WgconvError(
        'invalid-argument',
        `setWeights() takes a list of tensors, or a record of them by name, not ${JSON.stringify(values)}`,
      );
    }
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
