/** Gather: slices along an axis, picked by indices. */

import { gather as gatherKernel } from '../../../shaders/gather.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { wordOf } from '../../../shaders/lib/words.ts';
import { normaliseAxis, sizeOf } from '../../core/shape.ts';
import { elementBytes } from '../device-tensor.ts';
import { defineOperator } from '../operator.ts';
import { lineWorkgroups, movement } from './candidate.ts';

interface GatherAttributes {
  readonly axis: number;
}

export const gather = defineOperator<GatherAttributes>({
  type: 'Gather',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: (source) => ({ axis: source.int('axis', 0) }),
  infer([x, indices], attributes) {
    if (!x || !indices) return [];
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: { indices: { inputs: [1] } },
  reference: () => import('./reference.ts').then((m) => m.gatherReference),
  lower({ inputs: [x, indices], outputs }, attributes) {
    const [result] = outputs;
    if (!x || !indices || !result) return [];
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    let inner = sizeOf(x.dims.slice(axis + 1));
    let bytes = elementBytes(x.element);
    let count = sizeOf(result.dims);
    while (bytes < 16 && inner % 2 === 0 && count > 0) {
      inner /= 2;
      count /= 2;
      bytes *= 2;
    }
    const step = dispatch(
      gatherKernel,
      { word: wordOf(bytes) },
      { count, axis: x.dims[axis] ?? 0, indexCount: sizeOf(indices.dims), inner },
      [input(0), output(0), input(1)],
      lineWorkgroups(count),
    );
    return [movement('gather', count === 0 ? [] : [step], outputs)];
  },
});
