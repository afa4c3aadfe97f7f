/** TopK's attributes. */

export interface TopKAttributes {
  readonly axis: number;
  readonly largest: boolean;
  /** Before opset 10; an input since. */
  readonly k?: number | undefined;
}
