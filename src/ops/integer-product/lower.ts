/** The integer operators on a device: operands packed, one product, and a quantised result. */

import {
  type IntegerProductVariant,
  integerLanes,
  integerProduct,
  integerTiles,
} from '../../../shaders/integer_product.ts';
import {
  type BufferRole,
  dispatch,
  foldWorkgroups,
  input,
  output,
  packed,
} from '../../../shaders/lib/kernel.ts';
import { packIntegers } from '../../../shaders/pack_integers.ts';
import { requantize } from '../../../shaders/requantize.ts';
import { sizeOf } from '../../core/shape.ts';
import { elementsOf, hostTensor } from '../../core/tensor.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { lineWorkgroups } from '../movement/candidate.ts';
import type { Candidate, LoweringIO, Packing } from '../operator.ts';
import { rangeOf } from '../quantize/granularity.ts';
import { tensorBytes } from '../reduce/lower.ts';
import type { IntegerLowering, IntegerProblem, PackedOperand, Requantisation } from './problem.ts';
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
    bytes: Math.max(count * 4, 16),
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
  { problems, requantisation }: IntegerLowering,
  roles: IntegerRoles,
  caps: DeviceCaps,
): Candidate[] {
  return problems.flatMap((problem) =>
    [...(caps.packedDot ? [true] : []), false].flatMap((packedDot) =>
      integerTiles.map((tile) => {
        const variant: IntegerProductVariant = {
          ...{ packedDot, weightZero: hasWeightZero(io, problem.weights), ...tile },
          lanes: caps.software ? integerLanes.software : integerLanes.hardware,
        };
        return candidate(io, problem, requantisation, roles, variant);
      }),
    ),
  );
}

function candidate(
  io: LoweringIO,
  problem: IntegerProblem,
  requantisation: Requantisation | undefined,
  roles: IntegerRoles,
  variant: IntegerProductVariant,
): Candidate {
  const { source, weights, channels, outs, outPixels, window, places } = problem;
  const channelBlocks = Math.ceil(channels / 4);
  const outBlocks = Math.ceil(outs / 4);
  const pixelTiles = Math.ceil(outPixels / (variant.pixels * variant.lanes));
  const outTiles = Math.ceil(outBlocks / variant.blocks);
  const workgroups = pixelTiles * outTiles * places.length;
  const zeroOf = ({ zero }: PackedOperand): BufferRole =>
    io.inputs[zero] ? input(zero) : packed(3);
  const product = dispatch(
    integerProduct,
    variant,
    {
      ...{ outers: places.length, pixelTiles, outTiles, channels, channelBlocks, outs, outBlocks },
      ...windowValues(window),
      outPixels,
      hasSourceZero: io.inputs[source.zero] ? 1 : 0,
      sourceZeroStride: source.zeroStride,
      sourceOffset: offsetOf(io, source.input),
      hasWeightZero: io.inputs[weights.zero] ? 1 : 0,
      weightZeroStride: weights.zeroStride,
      weightOffset: offsetOf(io, weights.input),
      resultOutStride: problem.resultOutStride,
      resultPixelStride: problem.resultPixelStride,
    },
    [packed(0), packed(1), packed(2), zeroOf(source), zeroOf(weights), packed(3), output(0)],
    foldWorkgroups(workgroups),
  );
  const packings = [
    packing(io, source, channels, 1),
    packing(io, weights, channels, 4),
    packing(io, weights, channels, 4, true),
    placesTable(places),
  ];
  const quantise = requantisation && requantised(io, requantisation, roles);
  if (quantise) packings.push(quantise.places);
  const { packedDot, pixels, blocks, lanes } = variant;
  const taps = weights.inner;
  const { kind, tile } = { kind: packedDot ? 'dot' : 'unpacked', tile: `${pixels}x${blocks}` };
  return {
    algorithm: `integer_product.${problem.form}.${kind}.${tile}`,
    dispatches: [product, ...(quantise ? [quantise.step] : [])],
    scratch: [],
    packings,
    cost: {
      macs: workgroups * lanes * pixels * blocks * 16 * channelBlocks * taps,
      bytes: tensorBytes(...io.outputs) + (source.outers * channels * source.inner) / 4,
      invocations: workgroups * lanes,
      efficiency: (packedDot ? 0.8 : 0.25) * (pixels > 2 ? 1 : 0.6),
      barriers: false,
    },
  };
}

function requantised(io: LoweringIO, requantisation: Requantisation, roles: IntegerRoles) {
  const [y] = io.outputs;
  const { quantised: scales } = roles;
  if (!y || !scales) return undefined;
  const { rows, columns, rowStrides, columnStrides, places } = requantisation;
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
      ...[packed(4), output(0)],
    ],
    lineWorkgroups(count),
  );
  return { step, places: placesTable(places) };
}

/** Only what the kernel has: a geometry of a convolution says more. */
function windowValues(w: IntegerProblem['window']): IntegerProblem['window'] {
  const { inDepth, inHeight, inWidth, outHeight, outWidth } = w;
  const { kernelDepth, kernelHeight, kernelWidth, strideZ, strideY, strideX } = w;
  const { dilationZ, dilationY, dilationX, padFront, padTop, padLeft } = w;
  return {
    ...{ inDepth, inHeight, inWidth, outHeight, outWidth, kernelDepth, kernelHeight, kernelWidth },
    ...{ strideZ, strideY, strideX, dilationZ, dilationY, dilationX, padFront, padTop, padLeft },
  };
}
