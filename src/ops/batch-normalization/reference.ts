/** The oracle of BatchNormalization. */

import { numbersOf, type ReferenceTensor } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference, ReferenceResult } from '../operator.ts';
import { type BatchNormalizationAttributes, normalisedSizes } from './sizes.ts';

/** Roundings from x to y: the difference, the factor (its root within 2 ulp), product and sum. */
const ownTerms = 10;

/** Mean and variance of one channel, and bounds (in units of roundoff) of their errors. */
interface Statistics {
  readonly mean: number;
  readonly variance: number;
  /** Magnitude of what the mean was summed from. */
  readonly meanMagnitude: number;
  /** Share of the variance's own magnitude in the relative error of 1 / sqrt(variance). */
  readonly varianceMagnitude: number;
}

export const batchNormalizationReference: Reference<BatchNormalizationAttributes> = (
  [x, scale, bias, mean, variance],
  attributes,
  { single },
) => {
  if (!x || !scale || !bias || !mean || !variance) {
    throw new TypeError('BatchNormalization takes five inputs');
  }
  const { epsilon, momentum, training } = attributes;
  const round = single ? Math.fround : (value: number) => value;
  const values = numbersOf(x);
  const [weights, biases, means, variances] = [scale, bias, mean, variance].map(numbersOf) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const { channels, inner } = normalisedSizes(x.dims, attributes);
  const channelOf = (index: number) => Math.floor(index / inner) % channels;
  const batch = training ? batchStatistics(x, channels, channelOf, single) : undefined;

  const value = new Float64Array(values.length);
  const magnitude = new Float64Array(values.length);
  const slack = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const c = channelOf(index);
    const own = batch?.[c] ?? {
      mean: means[c] as number,
      variance: variances[c] as number,
      meanMagnitude: Math.abs(means[c] as number),
      varianceMagnitude: 0,
    };
    const root = round(1 / round(Math.sqrt(round(own.variance + epsilon))));
    const factor = round((weights[c] as number) * root);
    const difference = round((values[index] as number) - own.mean);
    value[index] = round(round(difference * factor) + (biases[c] as number));
    const inputMagnitude = x.magnitude?.[index] ?? Math.abs(values[index] as number);
    const relative = own.varianceMagnitude / (own.variance + epsilon) / 2;
    magnitude[index] =
      (inputMagnitude + own.meanMagnitude + Math.abs(difference) * relative) * Math.abs(factor) +
      Math.abs(biases[c] as number);
    slack[index] = (x.slack?.[index] ?? 0) * Math.abs(factor);
  }
  const summed = training ? values.length / Math.max(channels, 1) : 0;
  const y = { value, magnitude, terms: ownTerms + summed + (x.terms ?? 0), slack };
  if (!batch) return [y];

  const blend = (
    old: Float64Array,
    pick: (own: Statistics) => { value: number; magnitude: number },
  ): ReferenceResult => {
    const running = Float64Array.from(old, (before, c) =>
      round(
        round(before * momentum) + round(pick(batch[c] as Statistics).value * round(1 - momentum)),
      ),
    );
    const runningMagnitude = Float64Array.from(
      old,
      (before, c) =>
        Math.abs(before * momentum) + pick(batch[c] as Statistics).magnitude * (1 - momentum),
    );
    return { value: running, magnitude: runningMagnitude, terms: summed + ownTerms };
  };
  return [
    y,
    blend(means, (own) => ({ value: own.mean, magnitude: own.meanMagnitude })),
    blend(variances, (own) => ({ value: own.variance, magnitude: own.varianceMagnitude })),
  ];
};

/** The batch's mean and population variance of each channel. */
export function batchStatistics(
  x: ReferenceTensor,
  channels: number,
  channelOf: (index: number) => number,
  single: boolean,
): Statistics[] {
  const round = single ? Math.fround : (value: number) => value;
  const values = numbersOf(x);
  const count = sizeOf(x.dims) / Math.max(channels, 1);
  const sums = new Float64Array(channels);
  const magnitudes = new Float64Array(channels);
  values.forEach((value, index) => {
    const c = channelOf(index);
    sums[c] = round((sums[c] as number) + value);
    magnitudes[c] = (magnitudes[c] as number) + Math.abs(value) / count;
  });
  const means = sums.map((sum) => round(sum / count));
  const squares = new Float64Array(channels);
  const squareMagnitudes = new Float64Array(channels);
  values.forEach((value, index) => {
    const c = channelOf(index);
    const difference = round(value - (means[c] as number));
    squares[c] = round((squares[c] as number) + round(difference * difference));
    const spread = Math.abs(value) + (magnitudes[c] as number);
    squareMagnitudes[c] = (squareMagnitudes[c] as number) + (Math.abs(difference) * spread) / count;
  });
  return Array.from(means, (mean, c) => ({
    mean,
    variance: round((squares[c] as number) / count),
    meanMagnitude: magnitudes[c] as number,
    varianceMagnitude: squareMagnitudes[c] as number,
  }));
}
