/** Concat: tensors one after the other along an axis. */

import { input, output } from '../../../shaders/lib/kernel.ts';
import { type Dim, normaliseAxis } from '../../core/shape.ts';
import { addDims, requireSameDim } from '../dims.ts';
import { c4OrLinear, isImage, uniformChoice } from '../layouts.ts';
import { requireOneType } from '../one-type.ts';
import { defineOperator } from '../operator.ts';
import { movement } from './candidate.ts';
import { placeDispatches } from './region.ts';

interface ConcatAttributes {
  readonly axis: number;
}

export const concat = defineOperator<ConcatAttributes>({
  type: 'Concat',
  arity: { inputs: [1, Number.POSITIVE_INFINITY], outputs: [1, 1] },
  attributes: (source, opset) => ({ axis: source.int('axis', opset < 4 ? 1 : undefined) }),
  infer(inputs, attributes) {
    const [first, ...others] = inputs;
    if (!first || others.some((other) => !other)) return [];
    requireOneType(Object.fromEntries(inputs.map((type, at) => [`input ${at}`, type])));
    const axis = normaliseAxis(attributes.axis, first.dims.length);
    const shapes = inputs.map((type) => type?.dims ?? []);
    const dims: Dim[] = first.dims.map((dim, index) => {
      const along = shapes.map((shape) => shape[index] ?? 0);
      if (index === axis) return addDims(along);
      for (const other of along) requireSameDim(dim, other, shapes);
      // One number among symbols decides.
      return along.find((other) => typeof other === 'number') ?? dim;
    });
    for (const shape of shapes) requireSameDim(shape.length, first.dims.length, shapes);
    return [{ type: first.type, dims }];
  },
  accuracy: 'exact',
  traits: {
    joinsAlong: ({ axis }) => axis,
    layouts: (facts) =>
      facts.inputs.every(isImage) ? c4OrLinear(facts) : [uniformChoice(facts, 'linear')],
  },
  reference: () => import('./reference.ts').then((m) => m.concatReference),
  lower({ inputs, outputs }, attributes) {
    const [result] = outputs;
    if (!result) return [];
    const axis = normaliseAxis(attributes.axis, result.dims.length);
    let start = 0;
    const dispatches = inputs.flatMap((part, index) => {
      if (!part) return [];
      const at = start;
      start += part.dims[axis] ?? 0;
      return placeDispatches(part, result, axis, at, input(index), output(0));
    });
    return [movement('concat', dispatches, outputs)];
  },
});
