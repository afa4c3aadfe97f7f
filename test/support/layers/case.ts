/** What compares a layer with TensorFlow.js: one configuration of it, and how far both may differ. */

import type * as Tfjs from '@tensorflow/tfjs';
import type { SymbolicTensor } from '../../../src/layers/index.ts';
import { maxPooling2d } from '../../../src/layers/index.ts';
import { generator } from '../random.ts';

export type Tf = typeof Tfjs;

/** The same in TensorFlow.js, of fed inputs and of the layers' weights in their order. */
export type Peer = (
  tf: Tf,
  inputs: readonly Tfjs.Tensor[],
  weights: readonly Tfjs.Tensor[],
) => Tfjs.Tensor;

/** exact: equal; sum: within the rounding of so many terms; function: within that of elementary functions. */
export type Check =
  | { readonly kind: 'exact' }
  | { readonly kind: 'sum'; readonly terms: number }
  | { readonly kind: 'function' };

export interface LayerCase {
  /** For messages. */
  readonly config: string;
  /** Without the batch. */
  readonly inputs: readonly (readonly number[])[];
  readonly apply: (inputs: readonly SymbolicTensor[]) => SymbolicTensor;
  readonly peer: Peer;
  readonly check: Check;
}

/** Makes one random configuration. */
export type CaseMaker = (pick: Picker) => LayerCase;

/** Seeded choices. */
export class Picker {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = generator(seed);
  }

  /** An integer from `low` to `high`. */
  int(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1));
  }

  of<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  get flag(): boolean {
    return this.#random() < 0.5;
  }

  pair(low: number, high: number): [number, number] {
    return [this.int(low, high), this.int(low, high)];
  }

  /** [height, width, channels]; 1 and 3 channels are common. */
  image(low = 4, high = 9): [number, number, number] {
    return [...this.pair(low, high), this.of([1, 2, 3, 3, 4, 5])];
  }

  /** Sizes of one to three axes. */
  shape(): number[] {
    return this.flag
      ? this.image(1, 5)
      : Array.from({ length: this.int(1, 2) }, () => this.int(1, 6));
  }

  /**
   * The tensor itself, or what a layer of channels first made of it: pooling over single elements
   * changes nothing.
   */
  led(tensor: SymbolicTensor): SymbolicTensor {
    if (tensor.shape.length !== 3 || this.flag) return tensor;
    return maxPooling2d({ poolSize: 1 }).apply(tensor);
  }
}

/** A layer of TensorFlow.js as the peer. */
export function layerPeer(make: (tf: Tf) => Tfjs.layers.Layer): Peer {
  return (tf, inputs, weights) => {
    const symbols = inputs.map((x) => tf.input({ shape: x.shape.slice(1) }));
    const layer = make(tf);
    const output = layer.apply(
      symbols.length === 1 ? (symbols[0] as Tfjs.SymbolicTensor) : symbols,
    );
    layer.setWeights([...weights]);
    const model = tf.model({ inputs: symbols, outputs: output as Tfjs.SymbolicTensor });
    return model.predict(
      inputs.length === 1 ? (inputs[0] as Tfjs.Tensor) : [...inputs],
    ) as Tfjs.Tensor;
  };
}

export const exact: Check = { kind: 'exact' };
export const ofFunctions: Check = { kind: 'function' };
export const sumOf = (terms: number): Check => ({ kind: 'sum', terms });
