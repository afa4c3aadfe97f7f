/**
 * A network as the page shows it: stages with maps or single units, and how each stage makes its
 * values from those of an earlier one. All values of a stage lie as [channels, height, width].
 */

export interface Stage {
  /** As the paper calls it. */
  readonly name: string;
  /** The value of the model that it shows; '' for what is made of the stage before by order alone. */
  readonly value: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Index of the stage that it looks at; −1 for the input. */
  readonly from: number;
  readonly how: Input | Convolution | Pooling | Dense | Flatten;
  /** The values of the first and the last colour; measured where left out. */
  readonly range?: readonly [number, number] | undefined;
  /** Values lie on both sides of zero. */
  readonly signed: boolean;
}

export interface Input {
  readonly kind: 'input';
}

export interface Convolution {
  readonly kind: 'convolution';
  /** Height and width of the filters, which are square. */
  readonly size: number;
  readonly stride: number;
  /** Rows and columns added on each side. */
  readonly padding: number;
  /** The value of what is added. */
  readonly paddingValue: number;
  /** For each filter the maps that it sees. */
  readonly connections: readonly (readonly number[])[];
  /** [filters, maps seen, size, size]. */
  readonly weights: Float32Array;
  /** One for each filter, or one for each of its places: [filters, height, width]. */
  readonly bias: Float32Array;
  readonly activation: ActivationName;
}

/** Largest values of windows that do not overlap. */
export interface Pooling {
  readonly kind: 'pooling';
  readonly size: number;
}

export interface Dense {
  readonly kind: 'dense';
  /** [inputs, units]. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly activation: ActivationName;
}

export interface Flatten {
  readonly kind: 'flatten';
}

export type ActivationName = 'none' | 'relu' | 'scaledTanh';

export const activations: Readonly<Record<ActivationName, (x: number) => number>> = {
  none: (x) => x,
  relu: (x) => Math.max(0, x),
  scaledTanh: (x) => 1.7159 * Math.tanh((2 / 3) * x),
};

/** One value of a stage. */
export interface Cell {
  readonly channel: number;
  readonly y: number;
  readonly x: number;
}

export const isUnits = ({ height, width }: Stage): boolean => height === 1 && width === 1;

export const indexOf = ({ height, width }: Stage, { channel, y, x }: Cell): number =>
  (channel * height + y) * width + x;

export const cellAt = ({ height, width }: Stage, index: number): Cell => ({
  channel: Math.floor(index / (height * width)),
  y: Math.floor(index / width) % height,
  x: index % width,
});
