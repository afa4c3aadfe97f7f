/** Lowering of the normalisations by a row's own statistics. */

import { activationUniforms } from '../../../shaders/lib/activations.ts';
import {
  type BufferRole,
  dispatch,
  foldWorkgroups,
  input,
  output,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import {
  type NormaliseVariant,
  normaliseKernel,
  normaliseStateBytes,
  normaliseThreads,
  normaliseVariant,
} from '../../../shaders/normalise.ts';
import { broadcastStrides, sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { align16, tensorBytes } from '../device-tensor.ts';
import type { Candidate, DeviceTensor, LoweringIO } from '../operator.ts';
import { reductionSizes } from '../reduce/lower.ts';
import { rowCandidates } from '../reduce/rows.ts';
import { type Normalisation, rowSize } from './normalisation.ts';

type Four = [number, number, number, number];

/** How the kernel sees a tensor and its scales. */
type Form = Pick<NormaliseVariant, 'units' | 'strided' | 'affine' | 'affineVectors'> & {
  readonly rows: number;
  /** Units of a row. */
  readonly size: number;
  readonly inner: number;
  readonly period: number;
};

export function lowerNormalisation(
  io: LoweringIO,
  problem: Normalisation,
  caps: DeviceCaps,
): Candidate[] {
  const [x, scale, shift] = io.inputs;
  const [y] = io.outputs;
  if (!x || !y || (x.element !== 'f32' && x.element !== 'f16')) return [];
  const { statistics } = problem;
  const form = x.layout === 'c4' ? imageForm(x, problem) : linearForm(problem, scale, shift);
  const sizes = broadcastSizes(form, x, scale, shift);
  if (!form || !sizes) return [];
  const { rows, size, inner, period, ...chosen } = form;
  const keeps = io.outputs.length > 1;
  const activation = io.epilogue?.activation;
  const variant: Parameters<typeof normaliseVariant>[0] = {
    ...{ ...chosen, statistics, element: x.element, keeps },
    shifts: form.affine !== 'none' && shift !== undefined,
    activation: activation?.name ?? 'none',
  };
  const { kept, reduced } = reductionSizes({ ...problem, layout: 'linear' });
  // A factor that the model does not ask for has to go somewhere.
  const unasked = keeps && io.outputs.length < 3;
  const step = (method: NormaliseVariant['method'], parts: number) => {
    const operands = [
      ...(form.affine === 'none' ? [] : [input(1)]),
      ...(variant.shifts ? [input(2)] : []),
    ];
    const kepts: BufferRole[] = keeps ? [output(1), unasked ? scratch(0) : output(2)] : [];
    const states = scratch(unasked ? 1 : 0);
    return dispatch(
      normaliseKernel,
      normaliseVariant({ ...variant, method }),
      {
        ...{ keptSizes: kept.sizes, keptStrides: kept.strides },
        ...{ reducedSizes: reduced.sizes, reducedStrides: reduced.strides },
        ...sizes,
        ...{ rows, units: size, parts, inner, period, channels: x.dims[1] ?? 1 },
        divisor: statistics === 'moments' || statistics === 'rms' ? rowSize(problem) : 1,
        ...{ epsilon: problem.epsilon, rootEpsilon: problem.rootEpsilon },
        ...activationUniforms(activation?.parameters),
      },
      method === 'partial'
        ? [input(0), states]
        : [input(0), ...operands, ...(method === 'split' ? [states] : []), output(0), ...kepts],
      foldWorkgroups(method === 'workgroup' ? rows : Math.ceil((rows * parts) / normaliseThreads)),
    );
  };
  const values = sizeOf(x.dims);
  return rowCandidates(
    {
      name: 'normalise',
      ...{ rows, values, dense: form.units !== 'values' || reduced.strides[3] <= 1 },
      turns: form.units === 'values' ? Math.ceil(size / 4) : size,
      ...{ leastTurns: 16, threads: normaliseThreads },
      operations: statistics === 'moments' ? 8 : 4,
      bytes: tensorBytes(...io.inputs, ...io.outputs),
      stateBytes: normaliseStateBytes(form.units),
      scratch: unasked ? [align16(rows * 4)] : [],
      ...{ last: 'split', dispatch: step },
    },
    caps,
  );
}

/** C4: rows are planes of single channels, or of groups of whole channel blocks. */
function imageForm(x: DeviceTensor, problem: Normalisation): Form | undefined {
  const [batch = 1, channels = 1, height = 1, width = 1] = x.dims;
  const pixels = height * width;
  const blocks = channelBlocks(channels);
  const shared = { strided: true, affineVectors: true, inner: pixels, period: blocks };
  if (rowSize(problem) === pixels) {
    return { ...shared, units: 'lanes', affine: 'group', rows: batch * blocks, size: pixels };
  }
  const size = rowSize(problem) / 4;
  const rows = sizeOf(problem.dims) / Math.max(size * 4, 1);
  return { ...shared, units: 'vectors', affine: 'channel', rows, size };
}

function linearForm(
  problem: Normalisation,
  scale: DeviceTensor | undefined,
  shift: DeviceTensor | undefined,
): Form | undefined {
  const { dims, axes, affine } = problem;
  const { outputs: rows, count, dense, strided } = reductionSizes({ dims, axes, layout: 'linear' });
  const trailing = dense && strided;
  const form = (kind: Form['affine'], vectors: boolean, inner = 1, period = 1): Form => ({
    units: vectors ? 'vectors' : 'values',
    strided: trailing || strided,
    affine: kind,
    affineVectors: vectors && kind === 'row',
    rows,
    size: vectors ? count / 4 : count,
    inner,
    period,
  });
  const whole = trailing && count % 4 === 0;
  if (affine.by === 'nothing') return form('none', whole);
  if (affine.by === 'channel') {
    const { inner, channels } = affine;
    if (inner === count) return form('group', whole, inner, channels);
    const vectors = whole && inner % 4 === 0;
    return form('channel', vectors, vectors ? inner / 4 : inner, channels);
  }
  // Without the ones in front.
  const shapeOf = (all: readonly number[]) => all.join().replace(/^(1(,|$))+/, '');
  const row = shapeOf(dims.slice(axes[0]));
  const isRow = [scale, shift].every((operand) => !operand || shapeOf(operand.dims) === row);
  return isRow ? form('row', whole) : form('broadcast', false);
}

/**
 * Sizes of the tensor and strides of scale and shift along them, neighbouring axes that both run
 * through alike as one; undefined where more than four are left.
 */
function broadcastSizes(
  form: Form | undefined,
  x: DeviceTensor,
  scale: DeviceTensor | undefined,
  shift: DeviceTensor | undefined,
): { affineSizes: Four; scaleStrides: Four; shiftStrides: Four } | undefined {
  const merged: { size: number; strides: readonly number[] }[] = [];
  if (form?.affine === 'broadcast') {
    const operands = [scale, shift].map((operand) => broadcastStrides(operand?.dims ?? [], x.dims));
    x.dims.forEach((size, axis) => {
      if (size === 1) return;
      const strides = operands.map((own) => own[axis] as number);
      const outer = merged.at(-1);
      if (outer?.strides.every((stride, at) => stride === size * (strides[at] as number))) {
        merged[merged.length - 1] = { size: outer.size * size, strides };
      } else {
        merged.push({ size, strides });
      }
    });
  }
  if (merged.length > 4) return undefined;
  const four = (unused: number, field: (axis: (typeof merged)[number]) => number) =>
    [...Array<number>(4 - merged.length).fill(unused), ...merged.map(field)] as Four;
  return {
    affineSizes: four(1, ({ size }) => size),
    scaleStrides: four(0, ({ strides }) => strides[0] ?? 0),
    shiftStrides: four(0, ({ strides }) => strides[1] ?? 0),
  };
}
