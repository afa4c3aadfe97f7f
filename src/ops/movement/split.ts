/** Split: consecutive parts along an axis. */

import { input, output } from '../../../shaders/lib/kernel.ts';
import { type Dim, normaliseAxis } from '../../core/shape.ts';
import { divideDims, integersAt, invalidShape, unknownDims } from '../dims.ts';
import { c4OrLinear } from '../layouts.ts';
import { defineOperator, type HostValues } from '../operator.ts';
import { movement } from './candidate.ts';
import { cutDispatches, fullRun } from './region.ts';

interface SplitAttributes {
  readonly axis: number;
  /** Sizes of the parts, where they are an attribute (before opset 13). */
  readonly split: readonly number[] | undefined;
  /** Opset 18 and later: equal parts, the last one smaller where they do not divide. */
  readonly uneven: boolean;
  readonly parts: number;
}

/** Sizes of the parts along an axis of size `dim`. */
function sizes(dim: Dim, attributes: SplitAttributes, known: HostValues, given: boolean): Dim[] {
  const { parts, uneven } = attributes;
  const split = integersAt(known, 1) ?? attributes.split;
  if (split) {
    const total = split.reduce((sum, size) => sum + size, 0);
    const wrong = typeof dim === 'number' && total !== dim;
    if (wrong || split.length !== parts || split.some((size) => size < 0)) {
      invalidShape(`split [${split}] must be ${parts} sizes that make ${dim} together`, {
        split,
        dim,
      });
    }
    return [...split];
  }
  if (given) return unknownDims(`Split(${dim})`, parts);
  if (typeof dim === 'number' && uneven) {
    const size = Math.ceil(dim / parts);
    const last = dim - size * (parts - 1);
    if (last < 0) invalidShape(`an axis of ${dim} cannot be split into ${parts} parts`);
    return Array.from({ length: parts }, (_, index) => (index === parts - 1 ? last : size));
  }
  const size = divideDims([dim], [parts]);
  if (size === undefined)
    invalidShape(`an axis of ${dim} does not split into ${parts} equal parts`);
  return new Array<Dim>(parts).fill(size);
}

export const split = defineOperator<SplitAttributes>({
  type: 'Split',
  arity: { inputs: [1, 2], outputs: [1, Number.POSITIVE_INFINITY] },
  attributes(source, opset) {
    const parts = source.outputCount;
    if (source.has('num_outputs') && source.int('num_outputs') !== parts) {
      source.fail(`num_outputs is not the number of outputs, ${parts}`);
    }
    return {
      axis: source.int('axis', 0),
      split: source.ints('split'),
      uneven: opset >= 18,
      parts,
    };
  },
  infer([x, lengths], attributes, known) {
    if (!x) return [];
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    return sizes(x.dims[axis] ?? 0, attributes, known, lengths !== undefined).map((size) => ({
      type: x.type,
      dims: x.dims.with(axis, size),
    }));
  },
  accuracy: 'exact',
  traits: {
    hostInputs: [1],
    layouts: (facts) => c4OrLinear(facts, [0]),
    cutsAlong: ({ axis }) => axis,
  },
  reference: () => import('./reference.ts').then((m) => m.splitReference),
  lower({ inputs: [x], outputs }, attributes) {
    if (!x) return [];
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    let start = 0;
    const dispatches = outputs.flatMap((part, index) => {
      const runs = part.dims.map(fullRun);
      const size = part.dims[axis] ?? 0;
      runs[axis] = { start, step: 1, size };
      start += size;
      return cutDispatches(x, runs, part, input(0), output(index));
    });
    return [movement('split', dispatches, outputs)];
  },
});
