/** Tiny operators with which graph code is tested on its own, whatever the real ones are like. */

import type { ReferenceTensor } from '../../src/core/reference.ts';
import type { TensorType } from '../../src/core/shape.ts';
import type { OperatorLookup } from '../../src/ops/build-node.ts';
import { type AnyOperator, defineOperator, type Operator } from '../../src/ops/operator.ts';

/** An operator with one input and one output of the same type that copies; fields override. */
export function fakeOperator<A>(fields: Partial<Operator<A>> & { type: string }): AnyOperator {
  return defineOperator<A>({
    arity: { inputs: [1, 1], outputs: [1, 1] },
    attributes: () => ({}) as A,
    infer: (inputs) => [inputs[0] as TensorType],
    accuracy: 'exact',
    traits: {},
    reference: async () => (inputs) => [inputs[0] as ReferenceTensor],
    lower: () => [],
    ...fields,
  });
}

/** Looks operators up in a list of fakes. */
export function lookupOf(...operators: readonly AnyOperator[]): OperatorLookup {
  return (type) => operators.find((operator) => operator.type === type);
}
