/**
 * The oracle of the normalisations by a row's own statistics: y = (x - mean) · factor · scale + shift.
 *
 * What bounds a right float32 result (`magnitude`, `terms`): whatever the order of its sums, a mean
 * is off by about u·√K·Σ|x|/K and the variance by as much of Σ|d|·(|x| + mean|x|)/K, d = x - mean.
 * So a row whose mean is m times its deviation has the right to lose a factor of m; one that loses
 * m², as the difference of E[x²] and E[x]² does, is outside the bound.
 */

import { numbersOf, type ReferenceTensor } from '../../core/reference.ts';
import { broadcastStrides, stridesOf } from '../../core/shape.ts';
import { batchStatistics } from '../batch-normalization/reference.ts';
import type { Reference, ReferenceResult } from '../operator.ts';
import { type Normalisation, rowSize } from './normalisation.ts';

/** Roundings besides the sums: difference, root and its inverse, two products, the last sum. */
const ownTerms = 12;

/** What a row's values are multiplied by after their mean is taken off. */
interface RowFactor {
  readonly mean: number;
  readonly meanMagnitude: number;
  readonly factor: number;
  /** Share of a sum's error that reaches the factor, relative to it. */
  readonly sensitivity: number;
}

/** `outputs` beyond the first are the rows' means and factors. */
export function normaliseReference<A>(
  normalisation: (dims: readonly number[], attributes: A) => Normalisation,
): Reference<A> {
  return ([x, scale, shift], attributes, { single, outputs }) => {
    if (!x) throw new TypeError('a normalisation takes X');
    const problem = normalisation(x.dims, attributes);
    const round = single ? Math.fround : (value: number) => value;
    const values = numbersOf(x);
    const rowOf = rowIndex(problem);
    const rows = rowFactors(x, problem, rowOf, single);
    const scaleAt = operandAt(scale, x.dims, problem);
    const shiftAt = operandAt(shift, x.dims, problem);

    const value = new Float64Array(values.length);
    const magnitude = new Float64Array(values.length);
    values.forEach((v, index) => {
      const { mean, meanMagnitude, factor, sensitivity } = rows[rowOf(index)] as RowFactor;
      const weight = scaleAt?.(index) ?? 1;
      const offset = shiftAt?.(index) ?? 0;
      const difference = round(v - mean);
      value[index] = round(round(round(difference * factor) * weight) + offset);
      const moved = difference === 0 ? 0 : Math.abs(difference) * sensitivity;
      magnitude[index] =
        (Math.abs(v) + meanMagnitude + moved) * Math.abs(factor * weight) + Math.abs(offset);
    });
    const terms = rowSize(problem) + ownTerms;
    const perRow = (
      pick: (row: RowFactor) => number,
      size: (row: RowFactor) => number,
    ): ReferenceResult => ({
      value: Float64Array.from(rows, pick),
      magnitude: Float64Array.from(rows, size),
      terms,
    });
    return [
      { value, magnitude, terms },
      perRow(
        ({ mean }) => mean,
        ({ meanMagnitude }) => meanMagnitude,
      ),
      perRow(
        ({ factor }) => factor,
        ({ factor, sensitivity }) => factor * (1 + sensitivity),
      ),
    ].slice(0, outputs.length);
  };
}

/** The row of a flat position: its coordinates along the axes that are kept, row-major. */
function rowIndex({ dims, axes }: Normalisation): (index: number) => number {
  const strides = stridesOf(dims);
  const kept = dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return (index) =>
    kept.reduce((row, axis) => {
      const size = dims[axis] as number;
      return row * size + (Math.floor(index / (strides[axis] as number)) % size);
    }, 0);
}

/** The scale (or shift) of a flat position; undefined where there is none. */
function operandAt(
  operand: ReferenceTensor | undefined,
  dims: readonly number[],
  { affine }: Normalisation,
): ((index: number) => number) | undefined {
  if (!operand || affine.by === 'nothing') return undefined;
  const values = numbersOf(operand);
  if (affine.by === 'channel') {
    return (index) => values[Math.floor(index / affine.inner) % affine.channels] as number;
  }
  const own = stridesOf(dims);
  const strides = broadcastStrides(operand.dims, dims);
  return (index) => {
    const place = dims.reduce(
      (sum, size, axis) =>
        sum + (Math.floor(index / (own[axis] as number)) % size) * (strides[axis] as number),
      0,
    );
    return values[place] as number;
  };
}

function rowFactors(
  x: ReferenceTensor,
  problem: Normalisation,
  rowOf: (index: number) => number,
  single: boolean,
): RowFactor[] {
  const { statistics, dims, axes, epsilon, rootEpsilon } = problem;
  const round = single ? Math.fround : (value: number) => value;
  const count = rowSize(problem);
  const kept = dims.filter((_, axis) => !axes.includes(axis));
  const rows = kept.reduce((size, dim) => size * dim, 1);
  if (statistics === 'moments') {
    return batchStatistics(x, rows, rowOf, single).map((own) => {
      const root = round(Math.sqrt(round(own.variance + epsilon)));
      const factor = round(1 / round(root + rootEpsilon));
      // d factor / d variance is -factor² / (2 root).
      const sensitivity = own.varianceMagnitude === 0 ? 0 : own.varianceMagnitude / (2 * root);
      return {
        mean: own.mean,
        meanMagnitude: own.meanMagnitude,
        factor,
        sensitivity: sensitivity * factor,
      };
    });
  }
  const sums = new Float64Array(rows);
  numbersOf(x).forEach((value, index) => {
    const row = rowOf(index);
    const term = statistics === 'l1' ? Math.abs(value) : round(value * value);
    sums[row] = round((sums[row] as number) + term);
  });
  return Array.from(sums, (sum) => {
    const norm =
      statistics === 'l1'
        ? sum
        : round(Math.sqrt(statistics === 'rms' ? round(round(sum / count) + epsilon) : sum));
    // A norm of 0 gives zeros, not NaN (LpNormalization).
    const factor = norm === 0 && statistics !== 'rms' ? 0 : round(1 / norm);
    return { mean: 0, meanMagnitude: 0, factor, sensitivity: 1 };
  });
}
