/**
 * ScatterElements (once Scatter), ScatterND and OneHot: a copy of the data with updates at indices.
 *
 * Duplicate indices are taken in the order in which the updates lie: without a reduction the last
 * one wins (ONNX leaves it open), sums and products are those of that order. A maximum or minimum
 * with NaN is NaN, as in Max and Min.
 */

import { cast } from '../../../shaders/cast.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  input,
  output,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { type ScatterReduction, scatter, scatterTurns } from '../../../shaders/scatter.ts';
import { isFloat, kindOf } from '../../core/dtype.ts';
import { type Dim, normaliseAxis, sizeOf, stridesOf, type TensorType } from '../../core/shape.ts';
import { type HostTensor, integersOf } from '../../core/tensor.ts';
import { deviceBytes, elementBytes } from '../device-tensor.ts';
import { invalidShape } from '../dims.ts';
import { checkIndices } from '../indices.ts';
import { movement } from '../movement/candidate.ts';
import { copyAll, copyDispatches } from '../movement/copy.ts';
import { requireOneType } from '../one-type.ts';
import {
  type Accuracy,
  type AnyOperator,
  type AttributeReader,
  type Candidate,
  type DeviceTensor,
  defineOperator,
  type LoweringIO,
  type Traits,
} from '../operator.ts';
import { wrapShift } from '../pointwise/launch.ts';
import { type FrameAxis, type FrameDim, frameOf, requireWithin, tupleDepth } from './frame.ts';

interface Reduces {
  readonly reduction: ScatterReduction;
}

interface ElementsAttributes extends Reduces {
  readonly axis: number;
}

const traits: Traits = { indices: { inputs: [1] } };

function parseReduction(source: AttributeReader): ScatterReduction {
  const reduction = source.string('reduction', 'none');
  const names: readonly string[] = ['none', 'add', 'mul', 'max', 'min'];
  if (!names.includes(reduction)) {
    source.fail(`reduction is one of ${names.join(', ')}, not "${reduction}"`);
  }
  return reduction as ScatterReduction;
}

function accuracy({ reduction }: Reduces, [result]: readonly TensorType[]): Accuracy {
  const rounds = reduction === 'add' || reduction === 'mul';
  return rounds && result && isFloat(result.type) ? 'sum' : 'exact';
}

/** The updates of one invocation: how many, and what one adds to both positions. */
interface Turns {
  readonly first?: number;
  readonly turns: number;
  readonly tupleStep: number;
  readonly updateStep: number;
}

/** Loops of one invocation end at 65,535 turns on some adapters: so many updates at a time. */
const mostTurns = 65000;

function scatterDispatches(
  reduction: ScatterReduction,
  [updates, result]: readonly [DeviceTensor, DeviceTensor],
  { dims, axes }: { readonly dims: readonly FrameDim[]; readonly axes: readonly FrameAxis[] },
  { first = 0, turns, tupleStep, updateStep }: Turns,
  buffers: readonly BufferRole[],
): Dispatch[] | undefined {
  const frame = frameOf(dims, axes);
  if (!frame) return undefined;
  if (frame.count === 0) return [];
  const words = updates.element === 'f16' ? 'f16' : 'u32';
  const wide = updates.element === 'f16' && (reduction === 'add' || reduction === 'mul');
  const variant =
    reduction === 'none'
      ? { reduction, updates: words, result: words }
      : { reduction, updates: updates.element, result: wide ? 'f32' : result.element };
  const most = Math.floor(mostTurns / scatterTurns(1, axes.length, 0));
  return Array.from({ length: Math.ceil(turns / most) }, (_, part) =>
    dispatch(
      scatter,
      variant as ReturnType<typeof scatter.variants>[number],
      {
        ...frame,
        first: first + part * most,
        turns: Math.min(most, turns - part * most),
        tupleStep,
        updateStep,
        wrapShift: wrapShift(result.type),
      },
      buffers,
      lineWorkgroups(frame.count),
    ),
  );
}

/** Copies the data, then scatters; sums and products of f16 go through f32. */
function lowerScatter(
  { inputs: [data, , updates], outputs }: LoweringIO,
  { reduction: asked }: Reduces,
  loops: Parameters<typeof scatterDispatches>[2],
  turns: Turns,
): readonly Candidate[] {
  const [result] = outputs;
  if (!data || !updates || !result) return [];
  // Sums and products of truth values are "or" and "and".
  const ofBool = { none: 'none', add: 'max', mul: 'min', max: 'max', min: 'min' } as const;
  const reduction = kindOf(data.type) === 'bool' ? ofBool[asked] : asked;
  const wide = result.element === 'f16' && (reduction === 'add' || reduction === 'mul');
  const target = wide ? scratch(0) : output(0);
  const steps = scatterDispatches(reduction, [updates, result], loops, turns, [
    input(2),
    target,
    input(1),
  ]);
  if (!steps) return [];
  const count = Math.ceil(sizeOf(result.dims) / 4);
  const convert = (to: 'float32' | 'float16', from: BufferRole, into: BufferRole) =>
    dispatch(
      cast,
      { from: to === 'float32' ? 'f16' : 'f32', to },
      { count },
      [from, into],
      lineWorkgroups(count),
    );
  const dispatches = wide
    ? [convert('float32', input(0), target), ...steps, convert('float16', target, output(0))]
    : [...copyAll(data, input(0), output(0)), ...steps];
  const candidate = movement('scatter', dispatches, outputs);
  return [{ ...candidate, scratch: wide ? [deviceBytes({ ...result, element: 'f32' })] : [] }];
}

function defineScatterElements(type: 'Scatter' | 'ScatterElements'): AnyOperator {
  return defineOperator<ElementsAttributes>({
    type,
    arity: { inputs: [3, 3], outputs: [1, 1] },
    attributes: (source) => ({
      axis: source.int('axis', 0),
      reduction: type === 'Scatter' ? 'none' : parseReduction(source),
    }),
    infer([data, indices, updates], attributes, known) {
      if (!data || !indices || !updates) return [];
      requireOneType({ data, updates });
      const axis = normaliseAxis(attributes.axis, data.dims.length);
      requireWithin(indices.dims, data.dims, axis);
      requireSameShape(updates.dims, indices.dims);
      checkIndices(indices, known(1), data.dims.slice(axis, axis + 1));
      return [{ type: data.type, dims: data.dims }];
    },
    accuracy,
    traits,
    reference: () => import('./reference.ts').then((m) => m.scatterElementsReference),
    lower(io, attributes) {
      const [data, indices] = io.inputs;
      if (!data || !indices) return [];
      // An invocation has all updates of one line along the axis: they reach no other line.
      const axis = normaliseAxis(attributes.axis, data.dims.length);
      const [own, theirs] = [stridesOf(data.dims), stridesOf(indices.dims)];
      const dims = indices.dims.map((size, at) => ({
        size: at === axis ? 1 : size,
        tuple: theirs[at] as number,
        fixed: at === axis ? 0 : (own[at] as number),
        update: theirs[at] as number,
      }));
      const axes = [{ size: data.dims[axis] as number, stride: own[axis] as number }];
      const step = theirs[axis] as number;
      const turns = { turns: indices.dims[axis] as number, tupleStep: step, updateStep: step };
      return lowerScatter(io, attributes, { dims, axes }, turns);
    },
  });
}

const scatterNd = defineOperator<Reduces>({
  type: 'ScatterND',
  arity: { inputs: [3, 3], outputs: [1, 1] },
  attributes: (source) => ({ reduction: parseReduction(source) }),
  infer([data, indices, updates], _, known) {
    if (!data || !indices || !updates) return [];
    requireOneType({ data, updates });
    const depth = tupleDepth(indices.dims, data.dims.length);
    requireSameShape(updates.dims, [...indices.dims.slice(0, -1), ...data.dims.slice(depth)]);
    checkIndices(indices, known(1), data.dims.slice(0, depth));
    return [{ type: data.type, dims: data.dims }];
  },
  accuracy,
  traits,
  reference: () => import('./reference.ts').then((m) => m.scatterNdReference),
  lower(io, attributes) {
    const [data, indices] = io.inputs;
    if (!data || !indices) return [];
    const depth = indices.dims.at(-1) as number;
    const inner = sizeOf(data.dims.slice(depth));
    const strides = stridesOf(data.dims);
    const axes = Array.from({ length: depth }, (_, axis) => ({
      size: data.dims[axis] as number,
      stride: strides[axis] as number,
    }));
    const tuples = sizeOf(indices.dims.slice(0, -1));
    const slice = { size: inner, tuple: 0, fixed: 1, update: 1 };
    // An invocation has one element of the slices, in all of them; or, where no slice is met twice,
    // in one of them.
    const each = { size: tuples, tuple: depth, fixed: 0, update: inner };
    return areDistinct(io.constant(1), axes)
      ? lowerScatter(io, attributes, { dims: [each, slice], axes }, oneTurn)
      : lowerScatter(
          io,
          attributes,
          { dims: [slice], axes },
          { turns: tuples, tupleStep: depth, updateStep: inner },
        );
  },
});

const oneTurn: Turns = { turns: 1, tupleStep: 0, updateStep: 0 };

/** More tuples than this are not worth looking at before a run. */
const mostTuples = 2 ** 20;

/** Whether it is known that no two tuples of indices name the same place. */
function areDistinct(indices: HostTensor | undefined, axes: readonly FrameAxis[]): boolean {
  const values = indices && sizeOf(indices.dims) <= mostTuples * axes.length && integersOf(indices);
  if (!values || axes.length === 0) return false;
  const places = new Set<number>();
  for (let start = 0; start < values.length; start += axes.length) {
    let place = 0;
    axes.forEach(({ size, stride }, at) => {
      const index = values[start + at] as number;
      place += (index < 0 ? index + size : index) * stride;
    });
    places.add(place);
  }
  return places.size === values.length / axes.length;
}

/**
 * An index of a fraction is cut towards zero, one outside [−depth, depth) has no class: all of its
 * values are "off". NaN counts as 0, as in Cast.
 */
const oneHot = defineOperator<{ readonly axis: number }>({
  type: 'OneHot',
  arity: { inputs: [3, 3], outputs: [1, 1] },
  attributes: (source) => ({ axis: source.int('axis', -1) }),
  infer([indices, , values], attributes, known) {
    if (!indices || !values) return [];
    const axis = normaliseAxis(attributes.axis, indices.dims.length + 1);
    const given = known(1);
    const depth = given && integersOf(given)[0];
    if (depth !== undefined && !(depth >= 0)) invalidShape(`the depth ${depth} is no size`);
    const size = depth === undefined ? 'depth' : Math.trunc(depth);
    const dims = [...indices.dims.slice(0, axis), size, ...indices.dims.slice(axis)];
    return [{ type: values.type, dims }];
  },
  accuracy: 'exact',
  traits: { hostInputs: [1], indices: { inputs: [0] } },
  reference: () => import('./reference.ts').then((m) => m.oneHotReference),
  lower({ inputs: [indices, , values], outputs }, attributes) {
    const [result] = outputs;
    if (!indices || !values || !result) return [];
    const axis = normaliseAxis(attributes.axis, result.dims.length);
    const depth = result.dims[axis] as number;
    const inner = sizeOf(result.dims.slice(axis + 1));
    const size = sizeOf(result.dims);
    const fill = copyDispatches(
      {
        dims: [{ size, source: 0, result: 1 }],
        sourceBase: 0,
        resultBase: 0,
        wordBytes: elementBytes(result.element),
      },
      input(2),
      output(0),
    );
    // "On" is the second of the values; every index takes that one update.
    const casts = indexCasts(indices);
    const dims = [
      { size: sizeOf(result.dims.slice(0, axis)), tuple: inner, fixed: depth * inner, update: 0 },
      { size: inner, tuple: 1, fixed: 1, update: 0 },
    ];
    const steps = scatterDispatches(
      'none',
      [values, result],
      { dims, axes: [{ size: depth, stride: inner }] },
      { first: 1, turns: 1, tupleStep: 0, updateStep: 1 },
      [input(2), output(0), casts.length > 0 ? scratch(casts.length - 1) : input(0)],
    );
    if (!steps) return [];
    const candidate = movement('scatter', [...fill, ...casts, ...steps], outputs);
    return [
      { ...candidate, scratch: casts.map(() => deviceBytes({ ...indices, element: 'i32' })) },
    ];
  },
});

/** Makes int32 of indices; of uint32 through floats, so that what is too large stays too large. */
function indexCasts({ element, type, dims }: DeviceTensor): Dispatch[] {
  const count = Math.ceil(sizeOf(dims) / 4);
  if (element === 'i32' || count === 0) return [];
  const step = (
    from: DeviceTensor['element'],
    to: 'int32' | 'float32',
    buffers: readonly BufferRole[],
  ) => dispatch(cast, { from, to }, { count }, buffers, lineWorkgroups(count));
  if (type !== 'uint32') return [step(element, 'int32', [input(0), scratch(0)])];
  return [
    step('u32', 'float32', [input(0), scratch(0)]),
    step('f32', 'int32', [scratch(0), scratch(1)]),
  ];
}

function requireSameShape(updates: TensorType['dims'], wanted: TensorType['dims']): void {
  const differs = (size: Dim, axis: number) =>
    typeof size === 'number' && typeof wanted[axis] === 'number' && size !== wanted[axis];
  if (updates.length !== wanted.length || updates.some(differs)) {
    invalidShape(`updates of shape [${updates}] must have the shape [${wanted}]`);
  }
}

export const scatterOperators: readonly AnyOperator[] = [
  defineScatterElements('Scatter'),
  defineScatterElements('ScatterElements'),
  scatterNd,
  oneHot,
];
