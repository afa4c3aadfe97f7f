/**
 * Turns layers, whose images are channels last, into ONNX nodes, whose images are channels first.
 *
 * A value is made in the order that suits its layer and is brought into the other one only where
 * somebody asks for it. Flattened images stay in their own order, too: a dense layer permutes the
 * rows of its kernel instead.
 */

import { type Dim, sizeOf } from '../core/shape.ts';
import { type HostTensor, hostTensor } from '../core/tensor.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/graph.ts';
import { buildNode } from '../ops/build-node.ts';
import { loadOperators } from '../ops/index.ts';
import { attributeValues, type PlainAttribute } from '../ops/plain-attributes.ts';
import { channelsFirst } from './kernels.ts';
import type { Shape } from './shape.ts';

/** Order of the elements: Keras's, or channels first (of images, and of what was one). */
export type Order = 'last' | 'first';

/** A tensor of the graph being made: in one of the orders, or in both. */
export interface Value {
  /** Keras's, without the batch. */
  readonly shape: Shape;
  /** The order in which its layer made it. */
  readonly order: Order;
  readonly names: Map<Order, string>;
  /** [height, width, channels] of the image whose elements these are, where `first` lists them by channel. */
  readonly image?: readonly [number, number, number] | undefined;
}

interface Description {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, PlainAttribute | undefined>>;
}

/** An attribute that is a float even where its value is whole. */
export function float(value: number): PlainAttribute {
  return { kind: 'float', value };
}

/** Collects the nodes of a model; names are final when it is built. */
export class Emitter {
  readonly #nodes: Description[] = [];
  readonly #constants = new Map<string, HostTensor>();
  readonly #constantNames = new Map<string, string>();
  readonly #inputs: { name: string; dims: readonly Dim[] }[] = [];
  /** Names that are taken, and the least number that may make another name of each. */
  readonly #taken = new Map<string, number>();
  readonly #made = new Set<string>();
  readonly #renamed = new Map<string, string>();

  input(name: string, shape: Shape, dims: readonly Dim[]): Value {
    this.#inputs.push({ name: this.unused(name), dims });
    return { shape, order: 'last', names: new Map([['last', name]]) };
  }

  /** A name that nothing has yet. */
  unused(base: string): string {
    let count = this.#taken.get(base);
    let name = base;
    for (; count !== undefined && this.#taken.has(name); count++) name = `${base}_${count}`;
    this.#taken.set(base, count ?? 2);
    if (name !== base) this.#taken.set(name, 2);
    return name;
  }

  /** Adds a node named after its operator and `prefix`; returns the name of its output. */
  node(
    prefix: string,
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, PlainAttribute | undefined>> = {},
  ): string {
    const name = this.unused(`${prefix}/${op.replace('wgconv.', '')}`);
    this.#nodes.push({ name, op, inputs, output: name, attributes });
    this.#made.add(name);
    return name;
  }

  /**
   * A constant of that name, or nearly so; made once, however often it is asked for. `variant` tells
   * apart what a layer that is applied more than once needs otherwise for inputs of another shape.
   */
  constant(name: string, variant: string, make: () => HostTensor): string {
    const key = JSON.stringify([name, variant]);
    const known = this.#constantNames.get(key);
    if (known !== undefined) return known;
    const own = this.unused(name);
    this.#constantNames.set(key, own);
    this.#constants.set(own, make());
    return own;
  }

  /** Calls the output of a node otherwise; false where it is an input, or has its name already. */
  rename(value: string, name: string): boolean {
    if (!this.#made.has(value) || this.#renamed.has(value)) return false;
    this.#renamed.set(value, this.unused(name));
    return true;
  }

  async build(name: string, outputs: readonly string[]): Promise<Graph> {
    await loadOperators(this.#nodes.map(({ op }) => op));
    const final = (value: string) => this.#renamed.get(value) ?? value;
    const builder = new GraphBuilder(name);
    for (const input of this.#inputs) builder.input(input.name, 'float32', input.dims);
    for (const [constant, tensor] of this.#constants) builder.constant(constant, tensor);
    for (const node of this.#nodes) {
      builder.node(
        buildNode({
          name: node.name,
          op: node.op,
          inputs: node.inputs.map(final),
          outputs: [final(node.output)],
          attributes: attributeValues(node.attributes),
        }),
      );
    }
    return builder.build(outputs.map(final));
  }
}

/** What one application of a layer adds nodes with. */
export class LayerEmitter {
  readonly #emitter: Emitter;
  readonly #layer: string;

  constructor(emitter: Emitter, layer: string) {
    this.#emitter = emitter;
    this.#layer = layer;
  }

  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, PlainAttribute | undefined>> = {},
  ): string {
    return this.#emitter.node(this.#layer, op, inputs, attributes);
  }

  /** float32 elements; `name` with `variant` is unique in the layer. */
  floats(
    name: string,
    dims: readonly number[],
    data: Float32Array | readonly number[],
    variant = '',
  ): string {
    return this.#emitter.constant(`${this.#layer}/${name}`, variant, () =>
      hostTensor('float32', dims, data instanceof Float32Array ? data : Float32Array.from(data)),
    );
  }

  /** float32 elements [height, width, channels], to be used beside images with channels first. */
  images(name: string, data: Float32Array, dims: readonly number[]): string {
    const [height = 1, width = 1, channels = 1] = dims;
    const first = channelsFirst(data, height * width, channels);
    return this.floats(`${name}_first`, [channels, height, width], first);
  }

  scalar(name: string, value: number): string {
    return this.floats(name, [], [value]);
  }

  /** int64 elements, as shapes and axes are. */
  integers(name: string, values: readonly number[]): string {
    return this.#emitter.constant(`${this.#layer}/${name}`, values.join(), () =>
      hostTensor('int64', [values.length], BigInt64Array.from(values, BigInt)),
    );
  }

  /** A value that this layer makes. */
  value(shape: Shape, order: Order, name: string, image?: Value['image']): Value {
    const names = new Map([[order, name]]);
    return { shape, order, names, image: order === 'first' ? image : undefined };
  }

  /** The same elements after an operator that looks at each for itself, in the order they have. */
  elementwise(value: Value, make: (name: string) => string): Value {
    const name = make(this.#named(value, value.order));
    return { ...value, names: new Map([[value.order, name]]) };
  }

  /** Channels first: [N, channels, height, width]. */
  first(value: Value): string {
    return this.#named(value, 'first');
  }

  /** In Keras's order. */
  last(value: Value): string {
    return this.#named(value, 'last');
  }

  in(order: Order, value: Value): string {
    return this.#named(value, order);
  }

  #named(value: Value, order: Order): string {
    const made = value.names.get(order) ?? this.#converted(value, order);
    value.names.set(order, made);
    return made;
  }

  #converted(value: Value, order: Order): string {
    const source = value.names.get(value.order) ?? '';
    const { image } = value;
    if (image) {
      const [height, width, channels] = image;
      const images = this.#reshape(source, [0, channels, height, width]);
      const last = this.node('Transpose', [images], { perm: [0, 2, 3, 1] });
      return this.#reshape(last, [0, sizeOf(image)]);
    }
    const [height = null, width = null, channels = null] = value.shape;
    const open = [height, width].filter((size) => size === null).length;
    const sameBytes = channels === 1 || (height === 1 && width === 1);
    const dims = order === 'first' ? [channels, height, width] : [height, width, channels];
    // One size that is not known yet is what is left; the batch is copied.
    if (sameBytes && open <= 1) return this.#reshape(source, [0, ...dims.map((d) => d ?? -1)]);
    return this.node('Transpose', [source], {
      perm: order === 'first' ? [0, 3, 1, 2] : [0, 2, 3, 1],
    });
  }

  #reshape(source: string, shape: readonly number[]): string {
    return this.node('Reshape', [source, this.integers(`shape_${shape.join('_')}`, shape)]);
  }
}
