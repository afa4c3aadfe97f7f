/**
 * What operators share whose results are as large as the data says: they are computed on the host,
 * once for the dims that inference asks for and the values that folding takes.
 */

import { fromReference, toReference } from '../../core/reference.ts';
import type { TensorType } from '../../core/shape.ts';
import type { HostTensor } from '../../core/tensor.ts';
import { type AnyOperator, defineOperator, type Operator } from '../operator.ts';

type Inputs = readonly (HostTensor | undefined)[];

interface Selection<A> extends Pick<Operator<A>, 'type' | 'arity' | 'attributes'> {
  /** Types of all outputs the operator can have, before the data is known; throws as `infer` does. */
  types(inputs: readonly (TensorType | undefined)[], attributes: A): readonly TensorType[];
  /** All outputs; throws where the values are wrong. */
  compute(inputs: Inputs, attributes: A): readonly HostTensor[];
}

export function defineSelection<A>(selection: Selection<A>): AnyOperator {
  const { type, arity, attributes, types } = selection;
  const most = arity.inputs[1];
  /** The last results for a first input. */
  const remembered = new WeakMap<
    HostTensor,
    { readonly own: A; readonly inputs: Inputs; readonly outputs: readonly HostTensor[] }
  >();
  const compute = (inputs: Inputs, own: A): readonly HostTensor[] => {
    const [first] = inputs as [HostTensor];
    const last = remembered.get(first);
    if (last?.own === own && last.inputs.every((input, at) => input === inputs[at])) {
      return last.outputs;
    }
    const outputs = selection.compute(inputs, own);
    remembered.set(first, { own, inputs, outputs });
    return outputs;
  };
  return defineOperator<A>({
    type,
    arity,
    attributes,
    infer(inputs, own, known) {
      const values = inputs.map((_, index) => known(index));
      const isKnown = inputs.every((input, index) => !input || values[index]);
      const open = types(inputs, own);
      return isKnown ? compute(values, own) : open;
    },
    accuracy: 'exact',
    traits: {
      home: 'host',
      dataDependent: true,
      hostInputs: Array.from({ length: most }, (_, index) => index),
      hostFold: ({ attributes: own, inputs, constant }) =>
        compute(
          inputs.map((_, index) => constant(index)),
          own,
        ),
    },
    reference: async () => (inputs, own) =>
      compute(
        inputs.map((input) => input && fromReference(input)),
        own,
      ).map(toReference),
    lower: () => [],
  });
}
