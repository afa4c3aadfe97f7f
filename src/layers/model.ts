/** How models are made of layers: in sequence, or as any graph of them. */

import { WgconvError } from '../core/errors.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import { Layer, layerError, SymbolicTensor } from './layer.ts';
import { LayersModel, type ModelOptions } from './layers-model.ts';
import { layerOrder, tensorOrder } from './order.ts';
import { checkShape, type Shape } from './shape.ts';

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
  if (typeof options !== 'object' || options === null) {
    throw new WgconvError('invalid-argument', 'model() takes { inputs, outputs }');
  }
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
