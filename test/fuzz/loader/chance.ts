/** Choices of the loader fuzzer: all follow from one seed. */

import { generator } from '../../support/random.ts';

export class Chance {
  readonly #next: () => number;

  constructor(...seeds: readonly number[]) {
    // A step of mulberry32 for each, so that neighbouring seeds have nothing in common.
    let mixed = 0;
    for (const seed of seeds) mixed = Math.floor(generator(mixed ^ seed)() * 2 ** 32);
    this.#next = generator(mixed);
  }

  /** From 0 to `below` − 1. */
  int(below: number): number {
    return Math.floor(this.#next() * below);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.int(choices.length)] as T;
  }

  oneIn(count: number): boolean {
    return this.int(count) === 0;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }
}
