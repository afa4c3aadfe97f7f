/**
 * Normalisations of rows by their own statistics; https://onnx.ai/onnx/operators/ has each of them.
 *
 * LayerNormalization and RMSNormalization compute in float32 whatever `stash_type` says: that is at
 * least as precise as every type that it may name but float64. Mean and InvStdDev are float32.
 *
 * GroupNormalization has a scale and a bias for each group up to opset 20 and for each channel since.
 *
 * LpNormalization gives zeros where the norm is zero (opset 22 in its wording of 2026,
 * onnx/onnx#7618). Squares beyond float32's range make a norm infinite or zero, as in ReduceL2.
 *
 * MeanVarianceNormalization adds 1e-9 to the deviation (ONNX's function body); the variance is that
 * of the differences to the mean, not the difference of E[x²] and E[x]², which cancels. Before
 * opset 9 it was experimental, with other attributes: those are refused.
 */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, normaliseAxis, sizeOf, type TensorType } from '../../core/shape.ts';
import { invalidShape } from '../dims.ts';
import { c4OrLinear } from '../layouts.ts';
import { requireOneType } from '../one-type.ts';
import {
  type AnyOperator,
  type AttributeReader,
  defineOperator,
  type NodeFacts,
  type Traits,
} from '../operator.ts';
import { lowerNormalisation } from './lower.ts';
import { axesFrom, type Normalisation } from './normalisation.ts';

interface Family<A> {
  readonly type: string;
  readonly inputs: readonly [number, number];
  attributes(source: AttributeReader, opset: number): A;
  /** Throws where the operands do not fit X. */
  check?(x: TensorType, operands: readonly (TensorType | undefined)[], attributes: A): void;
  normalisation(dims: readonly number[], attributes: A): Normalisation;
  /** Dims of a row's statistics, where they are outputs too. */
  statistics?(dims: readonly Dim[], attributes: A): readonly Dim[];
  readonly traits?: Traits<A>;
}

function normalisationOperator<A>({
  type,
  inputs,
  attributes,
  check,
  normalisation,
  statistics,
  traits = {},
}: Family<A>): AnyOperator {
  return defineOperator<A>({
    type,
    arity: { inputs, outputs: [1, statistics ? 3 : 1] },
    attributes,
    infer(given, values) {
      const [x, ...operands] = given.slice(0, inputs[1]);
      if (!x || given.slice(0, inputs[0]).includes(undefined)) {
        throw new WgconvError('missing-input', `${type} needs ${inputs[0]} inputs`);
      }
      if (!isFloat(x.type)) {
        throw new WgconvError('wrong-type', `${type} takes floating-point tensors, not ${x.type}`);
      }
      check?.(x, operands, values);
      if (!statistics) return [x];
      const dims = statistics(x.dims, values);
      return [x, { type: 'float32', dims }, { type: 'float32', dims }];
    },
    accuracy: 'sum',
    traits: { parameterRoles: { 1: 'scale', 2: 'shift' }, ...traits },
    reference: () => import('./reference.ts').then((m) => m.normaliseReference(normalisation)),
    lower(io, values, caps) {
      const [x] = io.inputs;
      return x ? lowerNormalisation(io, normalisation(x.dims, values), caps) : [];
    },
  });
}

interface LayerAttributes {
  readonly axis: number;
  readonly epsilon: number;
}

/** float32, float16, float64 and bfloat16: it says only how much may be lost. */
function readStashType(source: AttributeReader): number {
  const stash = source.int('stash_type', 1);
  if (![1, 10, 11, 16].includes(stash)) {
    source.fail(`stash_type ${stash} is no floating-point type; use 1 (float32)`);
  }
  return stash;
}

function readLayer(source: AttributeReader): LayerAttributes {
  const stash = readStashType(source);
  if (source.outputCount > 1 && stash !== 1) {
    source.fail(`Mean and InvStdDev of stash_type ${stash} are not supported; use 1 (float32)`);
  }
  return { axis: source.int('axis', -1), epsilon: source.float('epsilon', 1e-5) };
}

/** All but RMSNormalization have one type. */
function checkTypes(x: TensorType, [scale, bias]: readonly (TensorType | undefined)[]): void {
  requireOneType({ X: x, scale, bias });
}

/** Scale and bias are broadcast to X. */
function checkLayer(x: TensorType, operands: readonly (TensorType | undefined)[]): void {
  for (const operand of operands) {
    if (!operand) continue;
    const offset = x.dims.length - operand.dims.length;
    const fits = operand.dims.every((dim, axis) => {
      const other = x.dims[offset + axis];
      return dim === 1 || dim === other || typeof dim === 'string' || typeof other === 'string';
    });
    if (offset < 0 || !fits) {
      invalidShape(`${formatDims(operand.dims)} does not broadcast to X ${formatDims(x.dims)}`);
    }
  }
}

const layerNormalisation =
  (statistics: 'moments' | 'rms') =>
  (dims: readonly number[], { axis, epsilon }: LayerAttributes): Normalisation => ({
    ...{ statistics, dims, epsilon, rootEpsilon: 0, affine: { by: 'broadcast' } },
    axes: axesFrom(normaliseAxis(axis, dims.length), dims.length),
  });

interface GroupAttributes {
  readonly epsilon: number;
  /** Left out, every channel is a group. */
  readonly groups?: number;
  /** Scale and bias are those of groups, not of channels. */
  readonly scalesGroups: boolean;
}

/** Every channel, or group of channels, of an image is a row. */
function groupNormalisation(
  dims: readonly number[],
  { epsilon, groups, scalesGroups }: GroupAttributes,
): Normalisation {
  const [batch = 1, channels = 1, ...spatial] = dims;
  const pixels = sizeOf(spatial);
  const rows = groups ?? channels;
  const size = rows === 0 ? 0 : (channels / rows) * pixels;
  return {
    ...{ statistics: 'moments', epsilon, rootEpsilon: 0 },
    ...{ dims: [batch, rows, size], axes: [2] },
    affine: scalesGroups
      ? { by: 'channel', inner: size, channels: rows }
      : { by: 'channel', inner: pixels, channels },
  };
}

function checkGroups(
  x: TensorType,
  operands: readonly (TensorType | undefined)[],
  { groups, scalesGroups }: GroupAttributes,
): void {
  checkTypes(x, operands);
  const [, channels] = x.dims;
  if (channels === undefined) invalidShape(`X ${formatDims(x.dims)} has no axis of channels`);
  if (typeof channels !== 'number') return;
  if (groups !== undefined && channels % groups !== 0) {
    invalidShape(`${channels} channels cannot be shared out among ${groups} groups`);
  }
  const count = scalesGroups ? (groups ?? channels) : channels;
  for (const operand of operands) {
    const [size] = operand?.dims ?? [];
    if (operand?.dims.length !== 1 || (typeof size === 'number' && size !== count)) {
      invalidShape(
        `X ${formatDims(x.dims)} needs scale and bias of [${count}], not ${formatDims(operand?.dims ?? [])}`,
      );
    }
  }
}

const groupTraits: Traits<GroupAttributes> = {
  epilogue: ['activation'],
  /** C4 where statistics are those of single channels, or of whole channel blocks. */
  layouts(facts: NodeFacts<GroupAttributes>) {
    const { groups, scalesGroups } = facts.attributes;
    const channels = facts.inputs[0]?.dims[1];
    const each = typeof channels === 'number' && groups !== undefined ? channels / groups : 1;
    const whole = each === 1 || (each % 4 === 0 && !scalesGroups);
    return c4OrLinear(facts).filter(({ inputs: [layout] }) => layout !== 'c4' || whole);
  },
};

interface AxesAttributes {
  readonly axes: readonly number[];
}

export const normalisationOperators: readonly AnyOperator[] = [
  normalisationOperator<LayerAttributes>({
    ...{ type: 'LayerNormalization', inputs: [2, 3] },
    attributes: readLayer,
    check(x, operands) {
      checkTypes(x, operands);
      checkLayer(x, operands);
    },
    normalisation: layerNormalisation('moments'),
    statistics(dims, { axis }) {
      const first = normaliseAxis(axis, dims.length);
      return dims.map((dim, at) => (at < first ? dim : 1));
    },
  }),
  normalisationOperator<LayerAttributes>({
    ...{ type: 'RMSNormalization', inputs: [2, 2] },
    attributes: readLayer,
    check: checkLayer,
    normalisation: layerNormalisation('rms'),
  }),
  normalisationOperator<GroupAttributes>({
    ...{ type: 'InstanceNormalization', inputs: [3, 3] },
    attributes(source, opset) {
      // A hint for training frameworks; it changes no value.
      if (opset < 6) source.has('consumed_inputs');
      return { epsilon: source.float('epsilon', 1e-5), scalesGroups: false };
    },
    check: checkGroups,
    normalisation: groupNormalisation,
    traits: groupTraits,
  }),
  normalisationOperator<GroupAttributes>({
    ...{ type: 'GroupNormalization', inputs: [3, 3] },
    attributes(source, opset) {
      if (opset >= 21) readStashType(source);
      const groups = source.int('num_groups');
      if (groups < 1) source.fail(`num_groups must be positive, not ${groups}`);
      return { epsilon: source.float('epsilon', 1e-5), groups, scalesGroups: opset < 21 };
    },
    check: checkGroups,
    normalisation: groupNormalisation,
    traits: groupTraits,
  }),
  normalisationOperator<{ readonly axis: number; readonly p: number }>({
    ...{ type: 'LpNormalization', inputs: [1, 1] },
    attributes(source) {
      const p = source.int('p', 2);
      if (p !== 1 && p !== 2) source.fail(`p must be 1 or 2, not ${p}`);
      return { axis: source.int('axis', -1), p };
    },
    check: (x, _, { axis }) => normaliseAxis(axis, x.dims.length),
    normalisation: (dims, { axis, p }) => ({
      ...{ statistics: p === 1 ? 'l1' : 'l2', dims, epsilon: 0, rootEpsilon: 0 },
      ...{ axes: [normaliseAxis(axis, dims.length)], affine: { by: 'nothing' } },
    }),
  }),
  normalisationOperator<AxesAttributes>({
    ...{ type: 'MeanVarianceNormalization', inputs: [1, 1] },
    attributes: (source) => ({ axes: source.ints('axes') ?? [0, 2, 3] }),
    check(x, _, { axes }) {
      for (const axis of axes) normaliseAxis(axis, x.dims.length);
    },
    normalisation: (dims, { axes }) => ({
      ...{ statistics: 'moments', dims, epsilon: 0, rootEpsilon: 1e-9 },
      axes: axes.map((axis) => normaliseAxis(axis, dims.length)),
      affine: { by: 'nothing' },
    }),
  }),
];
