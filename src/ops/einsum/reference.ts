/** The oracle of Einsum: for every result, the sum over all other labels of the operands' products. */

import { isBigInt, isFloat } from '../../core/dtype.ts';
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
  const places = (labels: readonly string[]) => placesOf(labels, sizes, strides);
  const [starts, steps] = [places(result), places(summed)];
  const round = context.single ? Math.fround : (x: number) => x;
  const value = referenceArray(type, starts.length);
  const magnitude = new Float64Array(starts.length);
  starts.forEach((start, index) => {
    let sum = 0;
    let size = 0;
    let exact = 0n;
    for (const step of steps) {
      let product = 1;
      let bound = 1;
      let whole = 1n;
      operands.forEach((operand, at) => {
        const place = (start[at] as number) + (step[at] as number);
        const factor = operand.value[place] as number | bigint;
        if (!isFloat(type)) whole *= BigInt(factor);
        product = round(product * Number(factor));
        bound *= operand.magnitude?.[place] ?? Math.abs(Number(factor));
      });
      exact += whole;
      sum = round(sum + product);
      size += bound;
    }
    if (isFloat(type)) value[index] = sum;
    else if (isBigInt(type)) value[index] = exact;
    else value[index] = wrapInteger(type, Number(BigInt.asIntN(32, exact)));
    magnitude[index] = size;
  });
  if (!isFloat(type)) return [{ value }];
  const inherited = operands.reduce((most, operand) => most + (operand.terms ?? 0), 0);
  return [{ value, magnitude, terms: steps.length + operands.length + inherited }];
};

/** For every combination of the labels' values, row-major, its place in each operand. */
function placesOf(
  labels: readonly string[],
  sizes: ReadonlyMap<string, number | string>,
  strides: readonly ReadonlyMap<string, number>[],
): number[][] {
  const dims = labels.map((label) => Number(sizes.get(label)));
  return Array.from({ length: sizeOf(dims) }, (_, flat) => {
    const place = strides.map(() => 0);
    let rest = flat;
    for (let axis = labels.length - 1; axis >= 0; axis--) {
      const at = rest % (dims[axis] as number);
      rest = Math.floor(rest / (dims[axis] as number));
      strides.forEach((steps, operand) => {
        place[operand] = (place[operand] as number) + at * (steps.get(labels[axis] as string) ?? 0);
      });
    }
    return place;
  });
}
