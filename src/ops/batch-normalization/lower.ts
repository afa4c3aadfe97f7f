/** Lowering of BatchNormalization. */

import { type BatchNormVariant, batchNorm, batchNormRunning } from '../../../shaders/batch_norm.ts';
import { activationUniforms } from '../../../shaders/lib/activations.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  type Element,
  foldWorkgroups,
  input,
  output,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { align16, tensorBytes } from '../device-tensor.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { reductionCandidates, reductionProblem } from '../reduce/lower.ts';
import { type BatchNormalizationAttributes, normalisedSizes } from './sizes.ts';

const isFloatElement = (element: Element | undefined): element is 'f32' | 'f16' =>
  element === 'f32' || element === 'f16';

export function lowerBatchNormalization(
  io: LoweringIO,
  attributes: BatchNormalizationAttributes,
  caps: DeviceCaps,
): Candidate[] {
  const [x, scale, , mean] = io.inputs;
  const [element, scaleElement, statElement] = [x, scale, mean].map((tensor) => tensor?.element);
  if (!x || !isFloatElement(element) || !isFloatElement(scaleElement)) return [];
  if (!isFloatElement(statElement)) return [];
  const { layout } = x;
  const { training, momentum, epsilon } = attributes;
  const { channels, inner } = normalisedSizes(x.dims, attributes);
  const [batch = 1] = x.dims;
  const size = sizeOf(x.dims);
  const count = layout === 'c4' ? batch * channelBlocks(channels) * inner : Math.ceil(size / 4);
  const activation = io.epilogue?.activation;
  const normalise = (statistics: BatchNormVariant['statistics'], vectors: BufferRole[]): Dispatch =>
    dispatch(
      batchNorm,
      { layout, element, scaleElement, statistics, activation: activation?.name ?? 'none' },
      { count, channels, inner, epsilon, ...activationUniforms(activation?.parameters) },
      [input(0), input(1), input(2), ...vectors, output(0)],
      foldWorkgroups(Math.ceil(count / 64)),
    );
  const cost = {
    macs: count * 4 * 3,
    bytes: tensorBytes(...io.inputs, ...io.outputs),
    invocations: count,
    efficiency: layout === 'c4' ? 0.3 : 0.1,
    barriers: false,
  };
  if (!training) {
    return [
      {
        algorithm: `batch_norm_${layout}`,
        dispatches: count === 0 ? [] : [normalise(statElement, [input(3), input(4)])],
        scratch: [],
        packings: [],
        cost,
      },
    ];
  }
  // The batch's own mean and variance come first, as one pair for each channel.
  const axes = x.dims.map((_, axis) => axis).filter((axis) => axis !== 1 || x.dims.length < 2);
  const problem = reductionProblem('moments', x, axes, 'linear');
  const momentBytes = align16(channels * 8);
  // A running variance that nobody reads has to go somewhere.
  const variance = io.outputs.length > 2 ? output(2) : scratch(1);
  const unread = io.outputs.length === 2 ? [align16(channels * 4)] : [];
  const running = dispatch(
    batchNormRunning,
    { element: statElement },
    { channels, momentum },
    [scratch(0), input(3), input(4), output(1), variance],
    foldWorkgroups(Math.ceil(channels / 64)),
  );
  const after = [normalise('moments', [scratch(0)]), ...(io.outputs.length > 1 ? [running] : [])];
  return reductionCandidates(problem, caps, input(0), scratch(0), scratch(1 + unread.length)).map(
    (reduction) => ({
      ...reduction,
      algorithm: `batch_norm_${reduction.algorithm}`,
      dispatches: size === 0 ? [] : [...reduction.dispatches, ...after],
      scratch: [momentBytes, ...unread, ...reduction.scratch],
      cost: {
        ...reduction.cost,
        macs: reduction.cost.macs + cost.macs,
        bytes: reduction.cost.bytes + cost.bytes,
      },
    }),
  );
}
