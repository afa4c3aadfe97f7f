/**
 * wgconv.Permute: the input seen with other dims, its axes in another order, the result seen with
 * other dims again: Reshape, Transpose and Reshape in one. A pass makes it, where images are moved.
 */

import { defineOperator } from '../operator.ts';
import { lowerPermutation, permutationLayouts } from './permutation.ts';

interface PermuteAttributes {
  /** As what the input is seen. */
  readonly sizes: readonly number[];
  /** Which of these axes each axis of the result is. */
  readonly perm: readonly number[];
  /** As what the result is seen. */
  readonly dims: readonly number[];
}

export const permute = defineOperator<PermuteAttributes>({
  type: 'wgconv.Permute',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes: (source) => ({
    sizes: source.ints('sizes') ?? [],
    perm: source.ints('perm') ?? [],
    dims: source.ints('dims') ?? [],
  }),
  infer: ([x], { dims }) => (x ? [{ type: x.type, dims }] : []),
  accuracy: 'exact',
  traits: {
    layouts: (facts) => permutationLayouts(facts, facts.attributes.sizes, facts.attributes.perm),
  },
  reference: () => import('./reference.ts').then((m) => m.permuteReference),
  lower: (io, { sizes, perm }) => lowerPermutation(io, sizes, perm),
});
