/** Slice: runs along axes, forwards or backwards, with steps. */

import { input, output } from '../../../shaders/lib/kernel.ts';
import { type Dim, formatDims, isStatic, normaliseAxis } from '../../core/shape.ts';
import { integersAt, invalidShape, unknownDims } from '../dims.ts';
import { c4OrLinear, uniformChoice } from '../layouts.ts';
import { defineOperator, type HostValues } from '../operator.ts';
import { movement } from './candidate.ts';
import { cutDispatches, fullRun, type Run, regionFitsC4 } from './region.ts';

/** Where they are attributes (before opset 10). */
interface SliceAttributes {
  readonly starts: readonly number[] | undefined;
  readonly ends: readonly number[] | undefined;
  readonly axes: readonly number[] | undefined;
}

interface AxisSlice {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** What is cut of each axis, by axis; undefined where the values are not known. */
function slicesOf(
  rank: number,
  attributes: SliceAttributes,
  known: HostValues,
  given: readonly boolean[],
): ReadonlyMap<number, AxisSlice> | undefined {
  const starts = integersAt(known, 1) ?? attributes.starts;
  const ends = integersAt(known, 2) ?? attributes.ends;
  const knownAxes = integersAt(known, 3) ?? attributes.axes;
  const knownSteps = integersAt(known, 4);
  if (!starts || !ends || (given[3] && !knownAxes) || (given[4] && !knownSteps)) return undefined;
  const axes = knownAxes ?? starts.map((_, axis) => axis);
  if (ends.length !== starts.length || axes.length !== starts.length) {
    invalidShape('starts, ends and axes of Slice differ in length', { starts, ends, axes });
  }
  return new Map(
    starts.map((start, index) => {
      const step = knownSteps?.[index] ?? 1;
      if (step === 0) invalidShape('a step of Slice is 0');
      return [normaliseAxis(axes[index] ?? 0, rank), { start, end: ends[index] ?? 0, step }];
    }),
  );
}

/** The run along an axis of a known size: positions from the end, then clamped. */
function runOf(size: number, slice: AxisSlice | undefined): Run {
  if (!slice) return fullRun(size);
  const { step } = slice;
  if (size === 0) return { start: 0, step, size };
  const absolute = (position: number) => (position < 0 ? position + size : position);
  const clamp = (position: number, low: number, high: number) =>
    Math.max(low, Math.min(position, high));
  const start = clamp(absolute(slice.start), 0, step < 0 ? size - 1 : size);
  const end =
    step < 0 ? clamp(absolute(slice.end), -1, size - 1) : clamp(absolute(slice.end), 0, size);
  return { start, step, size: Math.max(0, Math.ceil((end - start) / step)) };
}

function sliceDim(dim: Dim, slice: AxisSlice | undefined): Dim {
  if (!slice) return dim;
  if (typeof dim === 'number') return runOf(dim, slice).size;
  const { start, end, step } = slice;
  if (start === 0 && step === 1 && end >= 2 ** 31 - 1) return dim;
  return `${dim}[${start}:${end}:${step}]`;
}

export const slice = defineOperator<SliceAttributes>({
  type: 'Slice',
  arity: { inputs: [1, 5], outputs: [1, 1] },
  attributes: (source) => ({
    starts: source.ints('starts'),
    ends: source.ints('ends'),
    axes: source.ints('axes'),
  }),
  infer(inputs, attributes, known) {
    const [x] = inputs;
    if (!x) return [];
    const given = inputs.map((type) => type !== undefined);
    const slices = slicesOf(x.dims.length, attributes, known, given);
    const dims = slices
      ? x.dims.map((dim, axis) => sliceDim(dim, slices.get(axis)))
      : unknownDims(`Slice${formatDims(x.dims)}`, x.dims.length);
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: {
    hostInputs: [1, 2, 3, 4],
    layouts(facts) {
      const [x] = facts.inputs;
      const linear = [uniformChoice(facts, 'linear')];
      if (!x || !isStatic(x)) return linear;
      const given = facts.inputs.map((type) => type !== undefined);
      const slices = slicesOf(x.dims.length, facts.attributes, facts.constant, given);
      const runs = slices && x.dims.map((size, axis) => runOf(size, slices.get(axis)));
      return runs && regionFitsC4(x.dims, runs) ? c4OrLinear(facts, [0]) : linear;
    },
  },
  reference: () => import('./reference.ts').then((m) => m.sliceReference),
  lower({ inputs, outputs, constant }, attributes) {
    const [x] = inputs;
    const [result] = outputs;
    if (!x || !result) return [];
    const given = inputs.map((tensor) => tensor !== undefined);
    const slices = slicesOf(x.dims.length, attributes, constant, given);
    if (!slices) return [];
    const runs = x.dims.map((size, axis) => runOf(size, slices.get(axis)));
    return [movement('slice', cutDispatches(x, runs, result, input(0), output(0)), outputs)];
  },
});
