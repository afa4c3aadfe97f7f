/** Inputs of the integer operators by name, and how a scale or a zero point spreads over a result. */

import { WgconvError } from '../../core/errors.ts';
import { broadcastStrides, type Dim, formatDims, sizeOf } from '../../core/shape.ts';

export interface IntegerRoles {
  readonly x: number;
  readonly w: number;
  readonly xZero: number;
  readonly wZero: number;
  /** Only where the result is quantised. */
  readonly quantised?:
    | {
        readonly xScale: number;
        readonly wScale: number;
        readonly yScale: number;
        readonly yZero: number;
        readonly bias: number;
      }
    | undefined;
}

/** ConvInteger and MatMulInteger: int32 sums. */
export const integerRoles: IntegerRoles = { x: 0, w: 1, xZero: 2, wZero: 3 };

/** QLinearConv and QLinearMatMul (which has no bias). */
export const quantisedRoles: IntegerRoles = {
  ...{ x: 0, xZero: 2, w: 3, wZero: 5 },
  quantised: { xScale: 1, wScale: 4, yScale: 6, yZero: 7, bias: 8 },
};

/** What a scale or zero point belongs to: one number for all, or one for each row or column. */
export type Spread = 'row' | 'column';

/** The parameter's dims beside a result `[…batch, rows, columns]`: a vector lies along its axis. */
function dimsBeside(dims: readonly number[], spread: Spread): readonly number[] {
  if (sizeOf(dims) === 1) return [];
  return dims.length === 1 && spread === 'row' ? [...dims, 1] : dims;
}

/**
 * Strides of a scale or zero point along the axes of `result`, `[…batch, rows, columns]`.
 * @throws WgconvError `invalid-shape` where it does not fit, naming `what`.
 */
export function parameterStrides(
  what: string,
  dims: readonly number[],
  spread: Spread,
  result: readonly number[],
): number[] {
  const beside = dimsBeside(dims, spread);
  const offset = result.length - beside.length;
  const fits = beside.every(
    (size, axis) =>
      size === 1 ||
      (size === result[axis + offset] &&
        // Along the other axis of the product there is one number only.
        axis + offset !== result.length - (spread === 'row' ? 1 : 2)),
  );
  if (offset < 0 || !fits) {
    const count = result[result.length - (spread === 'row' ? 2 : 1)];
    throw new WgconvError(
      'invalid-shape',
      `${what} is ${formatDims(dims)}: it must be one number, or ${count}, one for each ${spread}`,
    );
  }
  return broadcastStrides(beside, result);
}

export const isNumbers = (dims: readonly Dim[]): dims is readonly number[] =>
  dims.every((dim) => typeof dim === 'number');
