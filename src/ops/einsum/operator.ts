/** Einsum: sums of products by an equation of labels. */

import { isFloat } from '../../core/dtype.ts';
import type { TensorType } from '../../core/shape.ts';
import { lazyModule } from '../lazy.ts';
import { requireOneType } from '../one-type.ts';
import { defineOperator } from '../operator.ts';
import { type Equation, labelled, parseEquation } from './equation.ts';

const lowering = lazyModule(() => import('./lower.ts'));

export const einsum = defineOperator<Equation>({
  type: 'Einsum',
  arity: { inputs: [1, Number.POSITIVE_INFINITY], outputs: [1, 1] },
  attributes: (source) =>
    parseEquation(source.string('equation'), source.inputCount, (message) => source.fail(message)),
  infer(inputs, equation) {
    const types = inputs.filter((type): type is TensorType => type !== undefined);
    const [first] = types;
    if (!first || types.length < inputs.length) return [];
    requireOneType(Object.fromEntries(inputs.map((type, at) => [`input ${at}`, type])));
    const { result, sizes } = labelled(
      equation,
      types.map(({ dims }) => dims),
    );
    return [{ type: first.type, dims: result.map((label) => sizes.get(label) ?? 1) }];
  },
  accuracy: (_, [output]) => (output && isFloat(output.type) ? 'sum' : 'exact'),
  traits: {
    macs({ attributes, inputs }) {
      const dims = inputs.map((type) => type?.dims ?? []);
      let product = 1;
      for (const size of labelled(attributes, dims).sizes.values()) product *= Number(size);
      return product;
    },
  },
  reference: () => import('./reference.ts').then((m) => m.einsumReference),
  load: (io, equation) =>
    lowering.load()?.then(() => lowering.get().loadEinsum(io, equation)) ??
    lowering.get().loadEinsum(io, equation),
  lower: (io, equation, caps) => lowering.get().lowerEinsum(io, equation, caps),
});
