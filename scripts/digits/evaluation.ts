/** How good predictions are: correct digits, a loss, and the uncertainty of the share correct. */

import { CLASSES, type Digits } from './digits.ts';

export interface Evaluation {
  readonly correct: number;
  readonly count: number;
  /** Mean of the loss. */
  readonly loss: number;
}

/** What a network's scores [10] of one digit cost. */
export interface Loss {
  readonly name: string;
  of(scores: Float32Array, label: number): number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const SMALLEST_PROBABILITY = 1e-30;
const NORMAL_QUANTILE_975 = 1.959964;

/** Of probabilities, in nats. */
export const crossEntropy: Loss = {
  name: 'cross-entropy',
  of: (scores, label) => -Math.log(Math.max(scores[label] ?? 0, SMALLEST_PROBABILITY)),
};

/** Of output units whose targets are 1 for the digit's class and −1 for the others. */
export const squaredError: Loss = {
  name: 'mean squared error',
  of: (scores, label) =>
    scores.reduce((sum, score, i) => sum + (score - (i === label ? 1 : -1)) ** 2, 0) / CLASSES,
};

/** Holds scores [indices.length, 10], of which the highest is the answer, against the labels. */
export function evaluate(
  digits: Digits,
  indices: Uint32Array,
  scores: Float32Array,
  { of }: Loss = crossEntropy,
): Evaluation {
  let correct = 0;
  let loss = 0;
  indices.forEach((index, row) => {
    const found = scores.subarray(row * CLASSES, (row + 1) * CLASSES);
    const label = digits.labels[index] ?? 0;
    if (found.indexOf(Math.max(...found)) === label) correct++;
    loss += of(found, label);
  });
  return { correct, count: indices.length, loss: loss / indices.length };
}

/**
 * The 95 % interval of the probability behind `successes` out of `count` (E. B. Wilson, "Probable
 * inference, the law of succession, and statistical inference", 1927).
 */
export function wilsonInterval(successes: number, count: number): Interval {
  const z2 = NORMAL_QUANTILE_975 ** 2;
  const share = successes / count;
  const middle = (share + z2 / (2 * count)) / (1 + z2 / count);
  const spread = Math.sqrt((share * (1 - share)) / count + z2 / (4 * count ** 2));
  const half = (NORMAL_QUANTILE_975 * spread) / (1 + z2 / count);
  return { low: middle - half, high: middle + half };
}

/** Such as "98.90 % (989 of 1000; 95 % interval 98.05–99.38 %), cross-entropy 0.0345". */
export function describeEvaluation(
  { correct, count, loss }: Evaluation,
  { name }: Loss = crossEntropy,
): string {
  const percent = (share: number): string => (share * 100).toFixed(2);
  const { low, high } = wilsonInterval(correct, count);
  const interval = `95 % interval ${percent(low)}–${percent(high)} %`;
  return `${percent(correct / count)} % (${correct} of ${count}; ${interval}), ${name} ${loss.toFixed(4)}`;
}
