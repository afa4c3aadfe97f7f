/** Transpose: the axes in another order. */

import { normaliseAxis } from '../../core/shape.ts';
import { invalidShape } from '../dims.ts';
import { type AnyOperator, defineOperator } from '../operator.ts';
import { lowerPermutation, permutationLayouts } from './permutation.ts';
import { permute } from './permute.ts';

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

const transpose = defineOperator<TransposeAttributes>({
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
  traits: {
    permutes: ({ inputs: [x], attributes }) => x && order(attributes, x.dims.length),
    layouts(facts) {
      const dims = (facts.inputs[0]?.dims ?? []) as readonly number[];
      return permutationLayouts(facts, dims, order(facts.attributes, dims.length));
    },
  },
  reference: () => import('./reference.ts').then((m) => m.transposeReference),
  lower(io, attributes) {
    const dims = io.inputs[0]?.dims ?? [];
    return lowerPermutation(io, dims, order(attributes, dims.length));
  },
});

/** With what the passes make of it. */
export const transposeOperators: readonly AnyOperator[] = [transpose, permute];
