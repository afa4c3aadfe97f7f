/**
 * Choices read from a list of numbers, one after another. 0 always stands for the simplest choice,
 * and what lies past the end is 0: shortening the list and lowering its numbers, which fast-check's
 * shrinking does, gives a simpler graph.
 */
export class Tape {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** An integer in [low, high]. */
  int(low: number, high: number): number {
    const next = this.#numbers[this.#at++] ?? 0;
    return low + (next % (high - low + 1));
  }

  choose<T>(options: readonly T[]): T {
    return options[this.int(0, options.length - 1)] as T;
  }

  /** True once in `n` times. */
  rarely(n: number): boolean {
    return this.int(0, n - 1) === n - 1;
  }

  /** Some of the options, in their order; possibly none. */
  some<T>(options: readonly T[]): T[] {
    return options.filter(() => this.int(0, 1) === 1);
  }

  /** The options in another order. */
  shuffled<T>(options: readonly T[]): T[] {
    const rest = [...options];
    return options.map(() => rest.splice(this.int(0, rest.length - 1), 1)[0] as T);
  }
}
