/** Gather, GatherElements, GatherND: elements or slices of a tensor, picked by indices. */

import { gather as gatherKernel } from '../../../shaders/gather.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups, wordOf } from '../../../shaders/lib/words.ts';
import { normaliseAxis, sizeOf, stridesOf } from '../../core/shape.ts';
import { elementBytes } from '../device-tensor.ts';
import { invalidShape, requireSameDim } from '../dims.ts';
import { checkIndices } from '../indices.ts';
import { movement } from '../movement/candidate.ts';
import {
  type AnyOperator,
  type Candidate,
  defineOperator,
  type LoweringIO,
  type Traits,
} from '../operator.ts';
import { type FrameAxis, type FrameDim, frameOf, requireWithin, tupleDepth } from './frame.ts';

interface AxisAttributes {
  readonly axis: number;
}

const traits: Traits = { indices: { inputs: [1] } };

/** Counts of elements in place of dims, the innermost `inner` of each as one slice. */
function gatherSlices(
  { inputs: [x], outputs }: LoweringIO,
  outer: readonly Omit<FrameDim, 'update'>[],
  axes: readonly FrameAxis[],
  inner: number,
): readonly Candidate[] {
  const [result] = outputs;
  if (!x || !result) return [];
  const count = sizeOf(result.dims);
  if (count === 0) return [movement('gather', [], outputs)];
  // The widest words of which a slice consists.
  let words = inner;
  let bytes = elementBytes(x.element);
  while (bytes < 16 && words % 2 === 0) {
    words /= 2;
    bytes *= 2;
  }
  const scale = inner / words;
  const frame = frameOf(
    [
      ...outer.map((dim) => ({ ...dim, fixed: dim.fixed / scale, update: 0 })),
      { size: words, tuple: 0, fixed: 1, update: 0 },
    ],
    axes.map(({ size, stride }) => ({ size, stride: stride / scale })),
  );
  if (!frame) return [];
  const step = dispatch(
    gatherKernel,
    { word: wordOf(bytes) },
    frame,
    [input(0), output(0), input(1)],
    lineWorkgroups(frame.count),
  );
  return [movement('gather', [step], outputs)];
}

/** output[outer, k, inner] = data[outer, indices[k], inner] */
const gather = defineOperator<AxisAttributes>({
  type: 'Gather',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: (source) => ({ axis: source.int('axis', 0) }),
  infer([x, indices], attributes, known) {
    if (!x || !indices) return [];
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    checkIndices(indices, known(1), x.dims.slice(axis, axis + 1));
    const dims = [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)];
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits,
  reference: () => import('../movement/reference.ts').then((m) => m.gatherReference),
  lower(io, attributes) {
    const [x, indices] = io.inputs;
    if (!x || !indices) return [];
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    const size = x.dims[axis] as number;
    const inner = sizeOf(x.dims.slice(axis + 1));
    const outer = [
      { size: sizeOf(x.dims.slice(0, axis)), tuple: 0, fixed: size * inner },
      { size: sizeOf(indices.dims), tuple: 1, fixed: 0 },
    ];
    return gatherSlices(io, outer, [{ size, stride: inner }], inner);
  },
});

/** output[i] = data[i with indices[i] in place of its coordinate along the axis] */
const gatherElements = defineOperator<AxisAttributes>({
  type: 'GatherElements',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: (source) => ({ axis: source.int('axis', 0) }),
  infer([x, indices], attributes, known) {
    if (!x || !indices) return [];
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    requireWithin(indices.dims, x.dims, axis);
    checkIndices(indices, known(1), x.dims.slice(axis, axis + 1));
    return [{ type: x.type, dims: indices.dims }];
  },
  accuracy: 'exact',
  traits,
  reference: () => import('./reference.ts').then((m) => m.gatherElementsReference),
  lower(io, attributes) {
    const [x, indices] = io.inputs;
    if (!x || !indices) return [];
    const axis = normaliseAxis(attributes.axis, x.dims.length);
    const [own, theirs] = [stridesOf(x.dims), stridesOf(indices.dims)];
    const outer = indices.dims.map((size, at) => ({
      size,
      tuple: theirs[at] as number,
      fixed: at === axis ? 0 : (own[at] as number),
    }));
    return gatherSlices(
      io,
      outer,
      [{ size: x.dims[axis] as number, stride: own[axis] as number }],
      1,
    );
  },
});

/** output[b, k, inner] = data[b, indices[b, k, 0], indices[b, k, 1], …, inner] */
const gatherNd = defineOperator<{ readonly batchDims: number }>({
  type: 'GatherND',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: (source) => ({ batchDims: source.int('batch_dims', 0) }),
  infer([x, indices], { batchDims }, known) {
    if (!x || !indices) return [];
    const least = Math.min(x.dims.length, indices.dims.length);
    if (batchDims < 0 || (least > 0 && batchDims >= least)) {
      invalidShape(
        `batch_dims is ${batchDims}, but must be from 0 to ${least - 1}: less than the ranks of data and indices`,
      );
    }
    const depth = tupleDepth(indices.dims, x.dims.length - batchDims);
    for (let axis = 0; axis < batchDims; axis++) {
      requireSameDim(x.dims[axis] ?? 0, indices.dims[axis] ?? 0, [x.dims, indices.dims]);
    }
    checkIndices(indices, known(1), x.dims.slice(batchDims, batchDims + depth));
    return [
      { type: x.type, dims: [...indices.dims.slice(0, -1), ...x.dims.slice(batchDims + depth)] },
    ];
  },
  accuracy: 'exact',
  traits,
  reference: () => import('./reference.ts').then((m) => m.gatherNdReference),
  lower(io, { batchDims }) {
    const [x, indices] = io.inputs;
    if (!x || !indices) return [];
    const depth = indices.dims.at(-1) as number;
    const strides = stridesOf(x.dims);
    const tuples = sizeOf(indices.dims.slice(batchDims, -1));
    const outer = [
      {
        size: sizeOf(x.dims.slice(0, batchDims)),
        tuple: tuples * depth,
        fixed: sizeOf(x.dims.slice(batchDims)),
      },
      { size: tuples, tuple: depth, fixed: 0 },
    ];
    const axes = Array.from({ length: depth }, (_, at) => ({
      size: x.dims[batchDims + at] as number,
      stride: strides[batchDims + at] as number,
    }));
    return gatherSlices(io, outer, axes, sizeOf(x.dims.slice(batchDims + depth)));
  },
});

export const gatherOperators: readonly AnyOperator[] = [gather, gatherElements, gatherNd];
