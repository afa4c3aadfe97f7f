/** The channels that LRN sums over. */

export interface LrnAttributes {
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
  readonly size: number;
}

/** Channels of the window before and after its own. */
export function lrnWindow({ size }: LrnAttributes): { before: number; after: number } {
  return { before: Math.floor((size - 1) / 2), after: Math.ceil((size - 1) / 2) };
}
