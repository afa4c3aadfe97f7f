/** Outputs for a person: class probabilities where an output holds them, statistics elsewhere. */

import { isFloat } from '../core/dtype.ts';
import { toReference } from '../core/reference.ts';
import { formatDims, sizeOf } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import { readBytes } from './pictures.ts';
import { bar, formatValue, table } from './table.ts';

export interface Ranked {
  readonly rank: number;
  readonly index: number;
  readonly label?: string | undefined;
  readonly probability: number;
}

export interface Classification {
  readonly top: readonly Ranked[];
  /** The output held no probabilities; softmax made some of it, to be looked at. */
  readonly softmaxApplied: boolean;
  /** What a person should know before believing the table. */
  readonly warnings: readonly string[];
}

export interface Statistics {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly nonFinite: number;
}

/** Every element as a number; int64 beyond 2^53 is rounded. */
export function numbersOf(tensor: HostTensor): Float64Array {
  const { value } = toReference(tensor);
  return value instanceof Float64Array ? value : Float64Array.from(value, Number);
}

/** Scores of the classes for sample `index` of a batch, where the output is a vector of floats. */
export function scoresOf(tensor: HostTensor, batch: number, index: number) {
  const { type, dims } = tensor;
  if (!isFloat(type) || dims.length === 0) return undefined;
  // [N, classes, 1, 1] and the like; an output without a batch, [classes], is that of one sample.
  const rest = dims.length > 1 && dims[0] === batch ? dims.slice(1) : batch === 1 ? dims : [];
  const classes = sizeOf(rest);
  if (classes < 2 || rest.filter((dim) => dim !== 1).length !== 1) return undefined;
  return numbersOf(tensor).subarray(index * classes, (index + 1) * classes);
}

export function classify(
  scores: Float64Array,
  count: number,
  labels: readonly string[] | undefined,
): Classification {
  const sum = scores.reduce((total, score) => total + score, 0);
  const areProbabilities = scores.every((score) => score >= -1e-6) && Math.abs(sum - 1) < 1e-2;
  const values = areProbabilities ? scores : softmax(scores);
  const order = Array.from(values.keys()).sort(
    (a, b) => (values[b] as number) - (values[a] as number) || a - b,
  );
  const names = labels && labelsFor(labels, scores.length);
  const top = order.slice(0, count).map((index, rank) => ({
    rank: rank + 1,
    index,
    label: names?.[index],
    probability: values[index] as number,
  }));
  const warnings: string[] = [];
  const bad = scores.length - scores.filter(Number.isFinite).length;
  if (bad > 0) warnings.push(`${bad} of ${scores.length} scores are not finite.`);
  if (names && names.length !== scores.length) {
    warnings.push(
      `The list of labels has ${names.length}, but there are ${scores.length} classes: names may be wrong.`,
    );
  }
  return { top, softmaxApplied: !areProbabilities, warnings };
}

/**
 * The list as it counts the model's classes: some lists begin with a background that the model has
 * not.
 */
export function labelsFor(labels: readonly string[], classes: number): readonly string[] {
  const extra = labels.length === classes + 1 && /^background$/i.test(labels[0] ?? '');
  return extra ? labels.slice(1) : labels;
}

function softmax(scores: Float64Array): Float64Array {
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export function classificationTable({ top }: Classification): string {
  const rows = top.map(({ rank, index, label, probability }) => [
    `${rank}`,
    label ?? `class ${index}`,
    bar(probability, 24),
    probability.toFixed(4),
  ]);
  return table([['rank', 'label', 'probability', ''], ...rows], ['right', 'left', 'left', 'right']);
}

export function statisticsOf(tensor: HostTensor): Statistics {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let finite = 0;
  const values = numbersOf(tensor);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
    sum += value;
    finite++;
  }
  const nonFinite = values.length - finite;
  if (finite === 0)
    return { minimum: Number.NaN, maximum: Number.NaN, mean: Number.NaN, nonFinite };
  return { minimum, maximum, mean: sum / finite, nonFinite };
}

export function describeTensor(name: string, tensor: HostTensor): string {
  const { minimum, maximum, mean, nonFinite } = statisticsOf(tensor);
  const size = sizeOf(tensor.dims);
  const facts =
    size === 0
      ? 'empty'
      : size <= 8
        ? Array.from(numbersOf(tensor), formatValue).join(' ')
        : `from ${formatValue(minimum)} to ${formatValue(maximum)}, mean ${formatValue(mean)}`;
  const odd = nonFinite > 0 ? `, ${nonFinite} not finite` : '';
  return `"${name}" ${tensor.type}${formatDims(tensor.dims)}: ${facts}${odd}`;
}

/** One class a line, the first for index 0. */
export function readLabels(file: string): string[] {
  const lines = new TextDecoder().decode(readBytes(file, 'list of labels')).split(/\r?\n/);
  while (lines[lines.length - 1] === '') lines.pop();
  return lines.map((line) => line.trim());
}
