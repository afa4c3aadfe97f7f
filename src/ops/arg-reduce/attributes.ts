/** What ArgMax and ArgMin are asked. */

export interface ArgReduceAttributes {
  readonly axis: number;
  readonly keepDims: boolean;
  /** Of equal values the last one counts. */
  readonly last: boolean;
}
