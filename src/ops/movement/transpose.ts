/** Transpose: the axes in another order. */

import { input, output } from '../../../shaders/lib/kernel.ts';
import { normaliseAxis, stridesOf } from '../../core/shape.ts';
import { elementBytes } from '../device-tensor.ts';
import { invalidShape } from '../dims.ts';
import { defineOperator } from '../operator.ts';
import { movement } from './candidate.ts';
import { copyDispatches } from './copy.ts';

interface TransposeAttributes {
  readonly perm: readonly number[] | undefined;
}

/** The order of axes; reversed where the node gives none. */
function order({ perm }: TransposeAttributes, rank: number): number[] {
  if (!perm) return Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const axes = perm.map((axis) => normaliseAxis(axis, rank));
  if (axes.length !== rank || new Set(axes).size !== rank) {
    invalidShape(`perm [${perm}] is no order of ${rank} axes`, { perm, rank });
  }
  return axes;
}

export const transpose = defineOperator<TransposeAttributes>({
  type: 'Transpose',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: (source) => ({ perm: source.ints('perm') }),
  infer([x], attributes) {
    if (!x) return [];
    return [
      { type: x.type, dims: order(attributes, x.dims.length).map((axis) => x.dims[axis] ?? 1) },
    ];
  },
  accuracy: 'exact',
  traits: {},
  reference: () => import('./reference.ts').then((m) => m.transposeReference),
  lower({ inputs: [x], outputs }, attributes) {
    if (!x) return [];
    const strides = stridesOf(x.dims);
    const axes = order(attributes, x.dims.length);
    const dims = axes.map((axis) => x.dims[axis] ?? 1);
    const resultStrides = stridesOf(dims);
    const box = {
      dims: axes.map((axis, index) => ({
        size: dims[index] ?? 1,
        source: strides[axis] ?? 0,
        result: resultStrides[index] ?? 0,
      })),
      sourceBase: 0,
      resultBase: 0,
      wordBytes: elementBytes(x.element),
    };
    return [movement('strided_copy', copyDispatches(box, input(0), output(0)), outputs)];
  },
});
