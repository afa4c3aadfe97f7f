/** The oracle of Gemm, and the product that it shares with MatMul. */

import { type DataType, isBigInt, isFloat } from '../../core/dtype.ts';
import { type ReferenceArray, type ReferenceTensor, referenceArray } from '../../core/reference.ts';
import { broadcastStrides } from '../../core/shape.ts';
import type { Reference, ReferenceResult } from '../operator.ts';
import type { GemmAttributes } from './sizes.ts';

/** Where the elements of a dot product lie: `first + k * step`. */
export interface Line {
  readonly first: number;
  readonly step: number;
}

/** A sum with what bounds its rounding error. */
interface Sum {
  readonly value: number;
  readonly magnitude: number;
  readonly slack: number;
}

/** Σₖ a[k]·b[k] in float64, or rounded to float32 after every step. */
export function dot(
  a: ReferenceTensor,
  aLine: Line,
  b: ReferenceTensor,
  bLine: Line,
  depth: number,
  single: boolean,
): Sum {
  const [aValues, bValues] = [a.value as Float64Array, b.value as Float64Array];
  let value = 0;
  let magnitude = 0;
  let slack = 0;
  for (let k = 0; k < depth; k++) {
    const i = aLine.first + k * aLine.step;
    const j = bLine.first + k * bLine.step;
    const x = aValues[i] as number;
    const y = bValues[j] as number;
    value = single ? Math.fround(value + Math.fround(x * y)) : value + x * y;
    magnitude += (a.magnitude?.[i] ?? Math.abs(x)) * (b.magnitude?.[j] ?? Math.abs(y));
    if (a.slack || b.slack) {
      const [dx, dy] = [a.slack?.[i] ?? 0, b.slack?.[j] ?? 0];
      slack += Math.abs(x) * dy + Math.abs(y) * dx + dx * dy;
    }
  }
  return { value, magnitude, slack };
}

/** The integer dot product, exact: a bigint that the caller wraps to the type. */
export function integerDot(
  a: ReferenceArray,
  aLine: Line,
  b: ReferenceArray,
  bLine: Line,
  depth: number,
): bigint {
  let sum = 0n;
  for (let k = 0; k < depth; k++) {
    sum +=
      BigInt(a[aLine.first + k * aLine.step] as number | bigint) *
      BigInt(b[bLine.first + k * bLine.step] as number | bigint);
  }
  return sum;
}

/** Stores an exact integer wrapped to the type's range. */
export function storeInteger(
  target: ReferenceArray,
  index: number,
  value: bigint,
  type: DataType,
): void {
  if (isBigInt(type)) target[index] = value;
  else
    target[index] = Number(type === 'int32' ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value));
}

export const gemmReference: Reference<GemmAttributes> = (inputs, attributes, context) => {
  const [a, b, c] = inputs;
  const [output] = context.outputs;
  if (!a || !b || !output) throw new TypeError('Gemm takes A and B');
  const { alpha, beta, transA, transB } = attributes;
  const [rows = 0, columns = 0] = output.dims;
  const [aPitch = 0, bPitch = 0] = [a.dims[1], b.dims[1]];
  const depth = a.dims[transA ? 0 : 1] ?? 0;
  // beta = 0 leaves C out, as BLAS does.
  const bias = c && beta !== 0 ? c : undefined;
  const [biasRow = 0, biasColumn = 0] = bias ? broadcastStrides(bias.dims, output.dims) : [];

  const size = rows * columns;
  const value = referenceArray(a.type, size);
  const magnitude = new Float64Array(size);
  const slack = new Float64Array(size);
  const round = context.single ? Math.fround : (x: number) => x;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const index = row * columns + column;
      const aLine = { first: transA ? row : row * aPitch, step: transA ? aPitch : 1 };
      const bLine = { first: transB ? column * bPitch : column, step: transB ? 1 : bPitch };
      const biasAt = row * biasRow + column * biasColumn;
      if (!isFloat(a.type)) {
        const sum = integerDot(a.value, aLine, b.value, bLine, depth);
        const added = BigInt(bias ? (bias.value[biasAt] as number | bigint) : 0);
        storeInteger(value, index, scaleIntegers(sum, alpha, added, beta), a.type);
        continue;
      }
      const sum = dot(a, aLine, b, bLine, depth, context.single);
      let total = round(alpha * sum.value);
      magnitude[index] = Math.abs(alpha) * sum.magnitude;
      slack[index] = Math.abs(alpha) * sum.slack;
      if (bias) {
        const added = bias.value[biasAt] as number;
        total = round(total + round(beta * added));
        magnitude[index] += Math.abs(beta) * (bias.magnitude?.[biasAt] ?? Math.abs(added));
        slack[index] += Math.abs(beta) * (bias.slack?.[biasAt] ?? 0);
      }
      value[index] = total;
    }
  }
  if (!isFloat(a.type)) return [{ value }];
  // The factors count as a term each: their products are rounded too.
  const terms = depth + 2 + (a.terms ?? 0) + (b.terms ?? 0) + (bias ? 1 + (bias.terms ?? 0) : 0);
  return [withSlack({ value, magnitude, terms }, slack)];
};

/** Fractional factors give a real number, cut towards zero as a conversion to the type does. */
function scaleIntegers(sum: bigint, alpha: number, added: bigint, beta: number): bigint {
  if (Number.isInteger(alpha) && Number.isInteger(beta)) {
    return sum * BigInt(alpha) + added * BigInt(beta);
  }
  return BigInt(Math.trunc(Number(sum) * alpha + Number(added) * beta));
}

/** Leaves a slack of nothing out. */
export function withSlack(result: ReferenceResult, slack: Float64Array): ReferenceResult {
  return slack.some((bound) => bound > 0) ? { ...result, slack } : result;
}
