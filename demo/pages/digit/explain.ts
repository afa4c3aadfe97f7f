/** How one value of a stage comes about: its window, the filter, the products, their sum. */

import {
  type ActivationName,
  activations,
  type Cell,
  type Convolution,
  cellAt,
  type Dense,
  indexOf,
  type Stage,
} from './stages.ts';

/** What one map that a filter sees adds to the sum. Grids have `size` × `size` elements, by row. */
export interface Part {
  /** The map, of the stage that is looked at. */
  readonly channel: number;
  readonly window: readonly number[];
  /** Which elements of the window lie within the map; the others are padding. */
  readonly inside: readonly boolean[];
  readonly filter: readonly number[];
  readonly products: readonly number[];
  readonly sum: number;
}

export interface Connection {
  /** Index of the unit that is looked at. */
  readonly source: number;
  readonly value: number;
  readonly weight: number;
  readonly product: number;
}

interface Sum {
  /** Of all products. */
  readonly sum: number;
  readonly bias: number;
  readonly activation: ActivationName;
  /** What the activation makes of sum and bias. */
  readonly result: number;
}

export type Explanation = {
  /** The value itself, as the network computed it. */
  readonly value: number;
} & (
  | { readonly kind: 'input' }
  | ({ readonly kind: 'convolution'; readonly size: number; readonly parts: readonly Part[] } & Sum)
  | ({
      readonly kind: 'dense';
      /** The largest products, positive or negative, first. */
      readonly connections: readonly Connection[];
    } & Sum)
  | {
      readonly kind: 'pooling';
      readonly size: number;
      readonly window: readonly number[];
      /** Index of the window's largest element. */
      readonly chosen: number;
    }
  | { readonly kind: 'flatten'; readonly source: Cell }
);

/** A rectangle of a map. */
export interface Mark {
  readonly channel: number;
  readonly y: number;
  readonly x: number;
  readonly height: number;
  readonly width: number;
}

/** What a cell looks at in the stage that it is made from. Windows may reach beyond their map. */
export function marksOf(stages: readonly Stage[], stage: Stage, cell: Cell): readonly Mark[] {
  const { how } = stage;
  const source = stages[stage.from];
  if (!source) return [];
  switch (how.kind) {
    case 'convolution': {
      const y = cell.y * how.stride - how.padding;
      const x = cell.x * how.stride - how.padding;
      const seen = how.connections[cell.channel] ?? [];
      return seen.map((channel) => ({ channel, y, x, height: how.size, width: how.size }));
    }
    case 'pooling': {
      const { size } = how;
      const { channel } = cell;
      return [{ channel, y: cell.y * size, x: cell.x * size, height: size, width: size }];
    }
    case 'flatten':
      return [{ ...cellAt(source, cell.channel), height: 1, width: 1 }];
    default:
      return [];
  }
}

/**
 * @param before values of the stage that `stage` is made from
 * @param values values of `stage`
 */
export function explain(
  stages: readonly Stage[],
  stage: Stage,
  cell: Cell,
  before: Float32Array,
  values: Float32Array,
): Explanation {
  const { how } = stage;
  const value = values[indexOf(stage, cell)] ?? Number.NaN;
  const source = stages[stage.from];
  if (!source || how.kind === 'input') return { kind: 'input', value };
  switch (how.kind) {
    case 'convolution':
      return { value, ...explainConvolution(how, source, stage, cell, before) };
    case 'dense':
      return { value, ...explainDense(how, stage, cell, before) };
    case 'flatten':
      return { kind: 'flatten', value, source: cellAt(source, cell.channel) };
    case 'pooling': {
      const { size } = how;
      const window = Array.from({ length: size * size }, (_, at) => {
        const y = cell.y * size + Math.floor(at / size);
        const x = cell.x * size + (at % size);
        return before[indexOf(source, { channel: cell.channel, y, x })] ?? Number.NaN;
      });
      return { kind: 'pooling', value, size, window, chosen: window.indexOf(Math.max(...window)) };
    }
  }
}

function explainConvolution(
  how: Convolution,
  source: Stage,
  stage: Stage,
  cell: Cell,
  before: Float32Array,
) {
  const { size, stride, padding, paddingValue, activation } = how;
  const seen = how.connections[cell.channel] ?? [];
  const parts = seen.map((channel, slot): Part => {
    const start = (cell.channel * seen.length + slot) * size * size;
    const filter = Array.from(how.weights.subarray(start, start + size * size));
    const inside: boolean[] = [];
    const window = filter.map((_, at) => {
      const y = cell.y * stride - padding + Math.floor(at / size);
      const x = cell.x * stride - padding + (at % size);
      const within = y >= 0 && y < source.height && x >= 0 && x < source.width;
      inside.push(within);
      return within ? (before[indexOf(source, { channel, y, x })] ?? 0) : paddingValue;
    });
    const products = filter.map((weight, at) => weight * (window[at] ?? 0));
    return { channel, window, inside, filter, products, sum: total(products) };
  });
  const sum = total(parts.map((part) => part.sum));
  const perPlace = how.bias.length > stage.channels;
  const bias = how.bias[perPlace ? indexOf(stage, cell) : cell.channel] ?? 0;
  const result = activations[activation](sum + bias);
  return { kind: 'convolution' as const, size, parts, sum, bias, activation, result };
}

function explainDense(how: Dense, stage: Stage, cell: Cell, before: Float32Array) {
  const units = stage.channels;
  const connections = Array.from(before, (value, source): Connection => {
    const weight = how.weights[source * units + cell.channel] ?? 0;
    return { source, value, weight, product: value * weight };
  }).sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const sum = total(connections.map(({ product }) => product));
  const bias = how.bias[cell.channel] ?? 0;
  const { activation } = how;
  const result = activations[activation](sum + bias);
  return { kind: 'dense' as const, connections, sum, bias, activation, result };
}

function total(terms: readonly number[]): number {
  return terms.reduce((sum, term) => sum + term, 0);
}

/** The steps from logits to probabilities, as the softmax takes them. */
export interface SoftmaxSteps {
  /** The largest logit, which is taken off all of them: e^x then cannot overflow. */
  readonly largest: number;
  readonly exponentials: readonly number[];
  readonly sum: number;
  readonly probabilities: readonly number[];
}

export function softmaxSteps(logits: readonly number[]): SoftmaxSteps {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = total(exponentials);
  return { largest, exponentials, sum, probabilities: exponentials.map((e) => e / sum) };
}
