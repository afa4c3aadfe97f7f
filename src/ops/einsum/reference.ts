/** The oracle of Einsum: for every result, the sum over all other labels of the operands' products. */

import { isBigInt, isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type ReferenceTensor, referenceArray, wrapInteger } from '../../core/reference.ts';
import { sizeOf, stridesOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import { type Equation, labelled, labelStrides } from './equation.ts';

export const einsumReference: Reference<Equation> = (inputs, equation, context) => {
  const operands = inputs as readonly ReferenceTensor[];
  const { terms, result, summed, sizes } = labelled(
    equation,
    operands.map(({ dims }) => dims),
  );
  const type = (operands[0] as ReferenceTensor).type;
  const strides = operands.map(({ dims }, index) =>
    labelStrides(terms[index] ?? [], dims, stridesOf(dims)),
  );
  const outer = walk(result, sizes, strides);
  const inner = walk(summed, sizes, strides);
  checkCount(outer.count * inner.count);
  const round = context.single ? Math.fround : (x: number) => x;
  const value = referenceArray(type, outer.count);
  const magnitude = new Float64Array(outer.count);
  for (let index = 0; index < outer.count; index++, outer.step()) {
    let sum = 0;
    let size = 0;
    let exact = 0n;
    for (let term = 0; term < inner.count; term++, inner.step()) {
      let product = 1;
      let bound = 1;
      let whole = 1n;
      operands.forEach((operand, at) => {
        const place = (outer.places[at] as number) + (inner.places[at] as number);
        const factor = operand.value[place] as number | bigint;
        if (!isFloat(type)) whole *= BigInt(factor);
        product = round(product * Number(factor));
        bound *= operand.magnitude?.[place] ?? Math.abs(Number(factor));
      });
      if (!isFloat(type)) exact += whole;
      sum = round(sum + product);
      size += bound;
    }
    if (isFloat(type)) value[index] = sum;
    else if (isBigInt(type)) value[index] = exact;
    else value[index] = wrapInteger(type, Number(BigInt.asIntN(32, exact)));
    magnitude[index] = size;
  }
  if (!isFloat(type)) return [{ value }];
  const inherited = operands.reduce((most, operand) => most + (operand.terms ?? 0), 0);
  return [{ value, magnitude, terms: inner.count + operands.length + inherited }];
};

/** More than this is no model's: the loops would take many minutes. */
const mostProducts = 2 ** 34;

function checkCount(products: number): void {
  if (products <= mostProducts) return;
  throw new WgconvError(
    'limit-exceeded',
    `the equation takes ${products} products; the cpu backend takes ${mostProducts} at most: sum what only one input has before the equation, or split it`,
    { data: { products, limit: mostProducts } },
  );
}

/** The place in each operand for every combination of the labels' values, row-major, over and over. */
function walk(
  labels: readonly string[],
  sizes: ReadonlyMap<string, number | string>,
  strides: readonly ReadonlyMap<string, number>[],
) {
  const dims = labels.map((label) => Number(sizes.get(label)));
  const moves = labels.map((label) => strides.map((steps) => steps.get(label) ?? 0));
  const at = dims.map(() => 0);
  const places = strides.map(() => 0);
  const move = (axis: number, by: number) => {
    at[axis] = (at[axis] as number) + by;
    moves[axis]?.forEach((stride, operand) => {
      places[operand] = (places[operand] as number) + by * stride;
    });
  };
  return {
    count: sizeOf(dims),
    places,
    step(): void {
      for (let axis = dims.length - 1; axis >= 0; axis--) {
        move(axis, 1);
        if ((at[axis] as number) < (dims[axis] as number)) return;
        move(axis, -(dims[axis] as number));
      }
    },
  };
}
