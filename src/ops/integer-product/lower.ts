/** The integer operators on a device: operands packed, one product, and a quantised result. */

import { integerDepthwise } from '../../../shaders/integer_depthwise.ts';
import {
  type IntegerProductVariant,
  integerLanes,
  integerProduct,
  integerTiles,
} from '../../../shaders/integer_product.ts';
import type { integerWindowUniforms } from '../../../shaders/lib/integer-window.ts';
import {
  type BufferRole,
  dispatch,
  foldWorkgroups,
  input,
  output,
  packed,
  type UniformValues,
} from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { packIntegers } from '../../../shaders/pack_integers.ts';
import { requantize } from '../../../shaders/requantize.ts';
import { sizeOf } from '../../core/shape.ts';
import { elementsOf, hostTensor } from '../../core/tensor.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { align16, tensorBytes } from '../device-tensor.ts';
import type { Candidate, LoweringIO, Packing } from '../operator.ts';
import { rangeOf } from '../quantize/granularity.ts';
import type {
  DepthwiseProblem,
  IntegerLowering,
  IntegerProblem,
  PackedOperand,
  Requantisation,
} from './problem.ts';
import type { IntegerRoles } from './roles.ts';

/** What unsigned integers are stored less, so that all are signed. */
const offsetOf = (io: LoweringIO, index: number): number =>
  io.inputs[index]?.type === 'uint8' ? 128 : 0;

/** Words of four channels; `outLanes` output channels of weights side by side. */
function packing(
  io: LoweringIO,
  operand: PackedOperand,
  channels: number,
  outLanes: number,
  sums = false,
): Packing {
  const { input: index, outers, outs, inner } = operand;
  const { outerStride, outStride, channelStride, innerStride } = operand;
  const channelBlocks = Math.ceil(channels / 4);
  const outBlocks = Math.ceil(outs / outLanes);
  const count = sums ? outers * outs : outers * outBlocks * outLanes * channelBlocks * inner;
  const offset = offsetOf(io, index);
  const work = dispatch(
    packIntegers,
    { sums },
    {
      ...{ count, outBlocks, outLanes, channelBlocks, inner, outs, channels, offset },
      ...{ outerStride, outStride, channelStride, innerStride },
    },
    [input(0), output(0)],
    lineWorkgroups(count),
  );
  // Everything that tells one arrangement of a tensor from another.
  const strides = [outs, channels, inner, outerStride, outStride, channelStride, innerStride];
  return {
    input: index,
    key: `${sums ? 'sums' : 'integers'}.${outLanes}.${strides.join('.')}`,
    bytes: align16(count * 4),
    dispatches: count === 0 ? [] : [work],
  };
}

type Places = IntegerProblem['places'];

function placesTable(places: Places): Packing {
  const key = `places ${places.join(' ')}`;
  const made = hostTensor('uint32', [places.length, 4], Uint32Array.from(places.flat()));
  return { made, key, bytes: made.bytes.byteLength, dispatches: [] };
}

/** False where the stored weights need no correction: signed, and without a zero point or with 0. */
function hasWeightZero(io: LoweringIO, { input: index, zero }: PackedOperand): boolean {
  if (offsetOf(io, index) !== 0) return true;
  if (!io.inputs[zero]) return false;
  const known = io.constant(zero);
  return !known || Array.from(elementsOf(known), Number).some((value) => value !== 0);
}

export function lowerIntegers(
  io: LoweringIO,
  { depthwise, problems, requantisation }: IntegerLowering,
  roles: IntegerRoles,
  caps: DeviceCaps,
): Candidate[] {
  const products = problems.flatMap((problem) => {
    const shared = sharedOf(io, problem);
    return [...(caps.packedDot ? [true] : []), false].flatMap((packedDot) =>
      integerTiles.map((tile) => {
        const variant: IntegerProductVariant = {
          ...{ packedDot, weightZero: shared.weightZero, ...tile },
          lanes: caps.software ? integerLanes.software : integerLanes.hardware,
        };
        return product(io, problem, shared, variant, caps);
      }),
    );
  });
  const all = depthwise ? [lowerDepthwise(io, depthwise), ...products] : products;
  if (!requantisation) return all;
  const table = placesTable(requantisation.places);
  return all.map((one) => requantised(io, one, requantisation, table, roles));
}

/** Uniforms that the kernels share. */
function windowValues(
  io: LoweringIO,
  { source, weights, outPixels, window }: DepthwiseProblem,
): UniformValues<typeof integerWindowUniforms> {
  // Only what the kernels have: a geometry of a convolution says more.
  const { inDepth, inHeight, inWidth, outHeight, outWidth } = window;
  const { kernelDepth, kernelHeight, kernelWidth, strideZ, strideY, strideX } = window;
  const { dilationZ, dilationY, dilationX, padFront, padTop, padLeft } = window;
  return {
    ...{ inDepth, inHeight, inWidth, outHeight, outWidth, outPixels },
    ...{ kernelDepth, kernelHeight, kernelWidth, strideZ, strideY, strideX },
    ...{ dilationZ, dilationY, dilationX, padFront, padTop, padLeft },
    hasSourceZero: io.inputs[source.zero] ? 1 : 0,
    sourceOffset: offsetOf(io, source.input),
    hasWeightZero: io.inputs[weights.zero] ? 1 : 0,
    weightZeroStride: weights.zeroStride,
    weightOffset: offsetOf(io, weights.input),
  };
}

/** The zero point, or some other buffer in its place. */
const zeroOf = (io: LoweringIO, { zero }: PackedOperand): BufferRole =>
  io.inputs[zero] ? input(zero) : packed(0);

/** What is the same in all products of a problem, whatever their variant. */
interface SharedByProducts {
  readonly weightZero: boolean;
  readonly values: UniformValues<typeof integerWindowUniforms>;
  readonly packings: readonly Packing[];
}

function sharedOf(io: LoweringIO, problem: IntegerProblem): SharedByProducts {
  const { source, weights, channels, places } = problem;
  return {
    weightZero: hasWeightZero(io, weights),
    values: windowValues(io, problem),
    packings: [
      packing(io, source, channels, 1),
      packing(io, weights, channels, 4),
      packing(io, weights, channels, 4, true),
      placesTable(places),
    ],
  };
}

function product(
  io: LoweringIO,
  problem: IntegerProblem,
  { values, packings }: SharedByProducts,
  variant: IntegerProductVariant,
  caps: DeviceCaps,
): Candidate {
  const { source, weights, channels, outs, outPixels, places } = problem;
  const { packedDot, pixels, blocks, lanes } = variant;
  const channelBlocks = Math.ceil(channels / 4);
  const outBlocks = Math.ceil(outs / 4);
  const pixelTiles = Math.ceil(outPixels / (pixels * lanes));
  const outTiles = Math.ceil(outBlocks / blocks);
  const workgroups = pixelTiles * outTiles * places.length;
  const step = dispatch(
    integerProduct,
    variant,
    {
      ...{ outers: places.length, pixelTiles, outTiles, channels, channelBlocks, outs, outBlocks },
      ...values,
      sourceZeroStride: source.zeroStride,
      resultOutStride: problem.resultOutStride,
      resultPixelStride: problem.resultPixelStride,
    },
    [
      ...[packed(0), packed(1), packed(2), zeroOf(io, source), zeroOf(io, weights)],
      ...[packed(3), output(0)],
    ],
    foldWorkgroups(workgroups),
  );
  const { kind, tile } = { kind: packedDot ? 'dot' : 'unpacked', tile: `${pixels}x${blocks}` };
  // Measured: SwiftShader takes 4 times as long for the dot products of a large tile.
  const rate = caps.software ? (packedDot ? 0.1 : 0.2) : packedDot ? 0.8 : 0.25;
  return {
    algorithm: `integer_product.${problem.form}.${kind}.${tile}`,
    dispatches: [step],
    scratch: [],
    packings,
    cost: {
      macs: workgroups * lanes * pixels * blocks * 16 * channelBlocks * weights.inner,
      bytes: movedBytes(io, source, channels),
      invocations: workgroups * lanes,
      efficiency: rate * (pixels > 2 ? 1 : 0.6),
      barriers: false,
    },
  };
}

function lowerDepthwise(io: LoweringIO, problem: DepthwiseProblem): Candidate {
  const { source, weights, channels, outPixels } = problem;
  const channelBlocks = Math.ceil(channels / 4);
  const count = source.outers * channelBlocks * outPixels;
  const step = dispatch(
    integerDepthwise,
    {},
    { count, channels, channelBlocks, ...windowValues(io, problem) },
    [packed(0), packed(1), zeroOf(io, source), zeroOf(io, weights), output(0)],
    lineWorkgroups(count),
  );
  return {
    algorithm: 'integer_depthwise',
    dispatches: [step],
    scratch: [],
    packings: [packing(io, source, channels, 1), packing(io, weights, channels, 1)],
    cost: {
      macs: count * 4 * weights.inner,
      bytes: movedBytes(io, source, channels),
      invocations: count,
      efficiency: 0.1,
      barriers: false,
    },
  };
}

/** Results, and the packed source. */
function movedBytes(io: LoweringIO, { outers, inner }: PackedOperand, channels: number): number {
  return tensorBytes(...io.outputs) + outers * inner * channels;
}

/** Appends the step that turns the sums into quantised results; `table` has the scales' places. */
function requantised(
  io: LoweringIO,
  sums: Candidate,
  requantisation: Requantisation,
  table: Packing,
  roles: IntegerRoles,
): Candidate {
  const [y] = io.outputs;
  const { quantised: scales } = roles;
  if (!y || !scales) return sums;
  const { rows, columns, rowStrides, columnStrides } = requantisation;
  const count = sizeOf(y.dims);
  const [low, high] = rangeOf(y.type);
  const hasBias = io.inputs[scales.bias] !== undefined;
  const { xScale, wScale, yScale, yZero, bias } = scales;
  const step = dispatch(
    requantize,
    { scale: io.inputs[xScale]?.element === 'f16' ? 'f16' : 'f32' },
    { count, rows, columns, rowStrides, columnStrides, hasBias: hasBias ? 1 : 0, low, high },
    [
      ...[xScale, wScale, yScale, yZero, hasBias ? bias : yZero].map(input),
      ...[packed(sums.packings.length), output(0)],
    ],
    lineWorkgroups(count),
  );
  return {
    ...sums,
    dispatches: [...sums.dispatches, step],
    packings: [...sums.packings, table],
  };
}
