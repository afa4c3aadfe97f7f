/** Options as Keras has them: one number or two, checked, with an error that names layer and option. */

import { refuseUnknown } from '../core/refuse-unknown.ts';
import { Layer, type LayerKind, type LayerOptions, layerError, layerOptions } from './layer.ts';

export type Pair = readonly [number, number];

/** One number for height and width, or one for each. */
export type NumberOrPair = number | Pair;

/** [[top, bottom], [left, right]] */
export type Sides = readonly [Pair, Pair];

/** Reads the options of one layer. */
export class OptionReader {
  readonly #kind: Pick<LayerKind, 'className' | 'defaultName'>;
  readonly #name: string;

  /** @throws WgconvError `invalid-argument` where an option is none that `known` lists. */
  constructor(
    kind: Pick<LayerKind, 'className' | 'defaultName'>,
    options: LayerOptions,
    known: Readonly<Record<string, true>>,
  ) {
    this.#kind = kind;
    this.#name = options?.name ?? kind.defaultName;
    if (typeof options !== 'object' || options === null) {
      this.fail(`options are an object, not ${JSON.stringify(options)}`);
    }
    refuseUnknown(`option of ${kind.defaultName}`, options, { ...known, ...layerOptions });
    if (options.name !== undefined && (typeof options.name !== 'string' || options.name === '')) {
      this.fail('its name must be a string that is not empty');
    }
  }

  fail(message: string): never {
    throw layerError(this.#name, this.#kind.className, message);
  }

  /** An integer from `least`; beyond 32 bits nothing can be computed, or even written down. */
  integer(name: string, value: number | undefined, least = 1): number {
    if (Number.isInteger(value) && (value as number) >= least) {
      if ((value as number) < 2 ** 31) return value as number;
      return this.fail(`${name} must be less than 2³¹, not ${value}`);
    }
    return this.fail(`${name} must be an integer from ${least}, not ${JSON.stringify(value)}`);
  }

  number(name: string, value: number): number {
    if (typeof value === 'number' && !Number.isNaN(value)) return value;
    return this.fail(`${name} must be a number, not ${JSON.stringify(value)}`);
  }

  /** Two integers from `least`, for height and width. */
  pair(name: string, value: NumberOrPair | undefined, least = 1): Pair {
    const list = typeof value === 'number' ? [value, value] : value;
    if (Array.isArray(list) && list.length === 2) {
      return [this.integer(name, list[0], least), this.integer(name, list[1], least)];
    }
    return this.fail(`${name} must be a number or [height, width], not ${JSON.stringify(value)}`);
  }

  /** What is added or taken at each side: one number, [vertical, horizontal], or all four. */
  sides(name: string, value: NumberOrPair | Sides): Sides {
    if (typeof value === 'number') return this.sides(name, [value, value]);
    if (!Array.isArray(value) || value.length !== 2) {
      return this.fail(
        `${name} must be a number, [vertical, horizontal] or [[top, bottom], [left, right]], not ${JSON.stringify(value)}`,
      );
    }
    const [vertical, horizontal] = value as Pair | Sides;
    return [this.pair(name, vertical, 0), this.pair(name, horizontal, 0)];
  }

  oneOf<T extends string>(name: string, value: T, known: readonly T[]): T {
    if (known.includes(value)) return value;
    const list = known.map((item) => `'${item}'`).join(', ');
    return this.fail(`${name} ${JSON.stringify(value)} is none of ${list}`);
  }
}

/** A layer whose options were read. */
export function makeLayer(kind: LayerKind, options: LayerOptions): Layer {
  return new Layer(kind, options);
}
