/** How CumSum adds up. */

export interface CumSumAttributes {
  /** A value is not part of its own sum. */
  readonly exclusive: boolean;
  /** Sums run from the end of the axis. */
  readonly reverse: boolean;
}
