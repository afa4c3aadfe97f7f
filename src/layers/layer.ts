/**
 * What every layer is: options checked, weights with Keras's names and layouts, output shapes, and
 * the ONNX nodes that compute it. A layer applied to tensors gives a tensor; models are made of those.
 */

import { WgconvError } from '../core/errors.ts';
import type { LayerEmitter, Value } from './emitter.ts';
import { checkShape, type Shape } from './shape.ts';
import { Weight, type WeightSpec } from './weights.ts';

export interface LayerOptions {
  /** Unique in its model; `conv2d`, `conv2d_1`, … where it is left out. */
  readonly name?: string | undefined;
  /** [height, width, channels] of what a model's first layer takes, without the batch. */
  readonly inputShape?: Shape | undefined;
}

/** The options that every layer takes. */
export const layerOptions = { name: true, inputShape: true } as const;

/** What a layer does with given inputs: found once for each application, before any weights. */
export interface Built {
  readonly shape: Shape;
  readonly weights?: readonly WeightSpec[] | undefined;
  /** Adds the nodes; `weights` are the elements in Keras's own layouts, by name. */
  emit(
    emitter: LayerEmitter,
    inputs: readonly [Value, ...Value[]],
    weights: Readonly<Record<string, Float32Array>>,
  ): Value;
}

/** Throws an error that names the layer. */
export type Fail = (message: string) => never;

export interface LayerKind {
  /** As `summary()` shows it: `Conv2D`. */
  readonly className: string;
  /** How a layer without a name is called: `conv2d`. */
  readonly defaultName: string;
  /** Applied to a list of two or more tensors; else to one. */
  readonly merges?: boolean;
  build(inputs: readonly [Shape, ...Shape[]], fail: Fail): Built;
}

/** A value that is not computed yet: the output of a layer applied to others. */
export class SymbolicTensor {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];
  /** @internal */
  readonly built: Built;

  /** @internal */
  constructor(layer: Layer, inputs: readonly SymbolicTensor[], built: Built) {
    this.layer = layer;
    this.inputs = inputs;
    this.built = built;
  }

  /** Without the batch. */
  get shape(): Shape {
    return this.built.shape;
  }
}

/** A layer with its weights. Applied more than once, it shares them. */
export class Layer {
  readonly className: string;
  readonly inputShape: Shape | undefined;
  readonly #kind: LayerKind;
  #name: string | undefined;
  #weights: readonly Weight[] | undefined;

  /** @internal */
  constructor(kind: LayerKind, options: LayerOptions) {
    this.className = kind.className;
    this.inputShape = options.inputShape && checkShape(options.inputShape, kind.defaultName);
    this.#kind = kind;
    this.#name = options.name;
  }

  /** Its own name; that of its kind until a model has given it one. */
  get name(): string {
    return this.#name ?? this.#kind.defaultName;
  }

  /** Those that it has once it is applied, in Keras's order. */
  get weights(): readonly Weight[] {
    return this.#weights ?? [];
  }

  /** Gives it a name that is not taken, where it has none. @internal */
  nameIn(taken: ReadonlySet<string>): string {
    if (this.#name === undefined) {
      const base = this.#kind.defaultName;
      let name = base;
      for (let count = 1; taken.has(name); count++) name = `${base}_${count}`;
      this.#name = name;
    }
    return this.#name;
  }

  get hasName(): boolean {
    return this.#name !== undefined;
  }

  /**
   * The layer's output for these inputs.
   * @throws WgconvError `invalid-argument` or `invalid-shape`, naming the layer
   */
  apply(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor {
    const list: readonly SymbolicTensor[] = inputs instanceof SymbolicTensor ? [inputs] : inputs;
    if (!Array.isArray(list) || list.some((tensor) => !(tensor instanceof SymbolicTensor))) {
      this.#fail('apply() takes what input() or another layer’s apply() gave', 'invalid-argument');
    }
    const { merges = false } = this.#kind;
    const [first, ...others] = list.map(({ shape }) => shape);
    if (!first || others.length > 0 !== merges) {
      const wanted = merges ? 'a list of two or more tensors' : 'one tensor';
      this.#fail(`it is applied to ${wanted}, not to ${list.length}`, 'invalid-argument');
    }
    const built = this.#kind.build([first, ...others], (message) =>
      this.#fail(message, 'invalid-shape'),
    );
    this.#takeWeights(built.weights ?? []);
    return new SymbolicTensor(this, list, built);
  }

  #takeWeights(specs: readonly WeightSpec[]): void {
    if (!this.#weights) {
      this.#weights = specs.map((spec) => new Weight(this, spec));
      return;
    }
    specs.forEach(({ name, shape }, index) => {
      const own = this.#weights?.[index];
      if (own && own.shape.join() === shape.join()) return;
      this.#fail(
        `its ${name} has the shape [${own?.shape}], and what it is applied to now needs [${shape}]`,
        'invalid-shape',
      );
    });
  }

  #fail(message: string, code: 'invalid-shape' | 'invalid-argument'): never {
    throw layerError(this.name, this.className, message, code);
  }
}

/** An error of a layer, which it names. */
export function layerError(
  name: string,
  className: string,
  message: string,
  code: 'invalid-shape' | 'invalid-argument' = 'invalid-argument',
): WgconvError {
  return new WgconvError(code, `layer "${name}" (${className}): ${message}`, { node: name });
}
