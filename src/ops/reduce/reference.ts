/** The oracle of the reductions, and of pooling over whole planes. */

import type { Reduction } from '../../../shaders/lib/reduce.ts';
import { isFloat } from '../../core/dtype.ts';
import { asNumbers, type ReferenceTensor, referenceArray } from '../../core/reference.ts';
import { sizeOf, stridesOf } from '../../core/shape.ts';
import type { Reference, ReferenceContext, ReferenceResult } from '../operator.ts';
import { type ReduceAttributes, reducedAxes } from './axes.ts';
import { foldFloats, foldIntegers, gatherFold } from './fold.ts';

export function reduceReference(operation: Reduction): Reference<ReduceAttributes> {
  return ([x, axesInput], attributes, context) => {
    if (!x) throw new TypeError('a reduction takes data');
    const given = axesInput && asNumbers(axesInput);
    return [reduceAxes(operation, x, reducedAxes(x.dims.length, attributes, given), context)];
  };
}

/** Reduces a tensor along some axes; results in the order of the axes that stay. */
export function reduceAxes(
  operation: Reduction,
  x: ReferenceTensor,
  axes: readonly number[],
  context: ReferenceContext,
  exponent?: number,
): ReferenceResult {
  const kept = x.dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const bases = offsets(x.dims, kept);
  const steps = offsets(x.dims, axes);
  const value = referenceArray(x.type, bases.length);
  const magnitude = new Float64Array(bases.length);
  const slack = new Float64Array(bases.length);
  bases.forEach((base, index) => {
    const at = steps.map((step) => base + step);
    if (!isFloat(x.type)) {
      const values = at.map((place) => x.value[place] as number | bigint);
      value[index] = foldIntegers(operation, values, x.type);
      return;
    }
    const folded = foldFloats(operation, gatherFold(x, at), context.single, exponent);
    value[index] = folded.value;
    magnitude[index] = folded.magnitude;
    slack[index] = folded.slack;
  });
  if (!isFloat(x.type)) return { value };
  // The division or the root at the end, and what follows it, count as terms.
  return { value, magnitude, terms: steps.length + 4 + (x.terms ?? 0), slack };
}

/** Flat positions of all coordinates along some axes, row-major, the other coordinates 0. */
function offsets(dims: readonly number[], axes: readonly number[]): number[] {
  const strides = stridesOf(dims);
  const sizes = axes.map((axis) => dims[axis] as number);
  return Array.from({ length: sizeOf(sizes) }, (_, flat) => {
    let rest = flat;
    let offset = 0;
    for (let place = axes.length - 1; place >= 0; place--) {
      const size = sizes[place] as number;
      offset += (rest % size) * (strides[axes[place] as number] as number);
      rest = Math.floor(rest / size);
    }
    return offset;
  });
}
