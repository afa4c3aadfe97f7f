/** How good predictions are: correct digits, cross-entropy, and the uncertainty of the share correct. */

import { CLASSES, type Digits } from './digits.ts';

export interface Evaluation {
  readonly correct: number;
  readonly count: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const SMALLEST_PROBABILITY = 1e-30;
const NORMAL_QUANTILE_975 = 1.959964;

/** Scores probabilities [indices.length, 10] against the labels. */
export function evaluate(
  digits: Digits,
  indices: Uint32Array,
  probabilities: Float32Array,
): Evaluation {
  let correct = 0;
  let loss = 0;
  indices.forEach((index, row) => {
    const found = probabilities.subarray(row * CLASSES, (row + 1) * CLASSES);
    const label = digits.labels[index] ?? 0;
    if (found.indexOf(Math.max(...found)) === label) correct++;
    loss -= Math.log(Math.max(found[label] ?? 0, SMALLEST_PROBABILITY));
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
export function describeEvaluation({ correct, count, loss }: Evaluation): string {
  const percent = (share: number): string => (share * 100).toFixed(2);
  const { low, high } = wilsonInterval(correct, count);
  const interval = `95 % interval ${percent(low)}–${percent(high)} %`;
  return `${percent(correct / count)} % (${correct} of ${count}; ${interval}), cross-entropy ${loss.toFixed(4)}`;
}
