/** What shares its statistics: the values of a channel, or of a position. */

export interface BatchNormalizationAttributes {
  readonly epsilon: number;
  /** Share of the running statistics that a training batch leaves. */
  readonly momentum: number;
  readonly training: boolean;
  /** Statistics belong to channels; else to every position of an image. */
  readonly spatial: boolean;
}

/** Statistics as a list, and how many neighbouring values share each. */
export function normalisedSizes(
  dims: readonly number[],
  { spatial }: BatchNormalizationAttributes,
): { channels: number; inner: number } {
  // A vector is one channel (the specification, from opset 9 on).
  const [, channels = 1, ...rest] = dims;
  const inner = rest.reduce((product, dim) => product * dim, 1);
  return spatial ? { channels, inner } : { channels: channels * inner, inner: 1 };
}
