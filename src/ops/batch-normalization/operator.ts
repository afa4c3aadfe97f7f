/**
 * BatchNormalization: y = (x - mean) / sqrt(variance + epsilon) · scale + B for each channel.
 * https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
 *
 * Before opset 14 a node with one output is in test mode, whatever `is_test` says; one with five
 * is in training mode, with other outputs than today's: not supported. Before opset 9 `spatial: 0`
 * normalises every position by its own statistics.
 */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { toReference } from '../../core/reference.ts';
import { formatDims, isStatic, type TensorType } from '../../core/shape.ts';
import { c4OrLinear } from '../layouts.ts';
import { type ChannelAffine, defineOperator, type NodeFacts } from '../operator.ts';
import { lowerBatchNormalization } from './lower.ts';
import { type BatchNormalizationAttributes, normalisedSizes } from './sizes.ts';

function infer(
  [x, scale, bias, mean, variance]: readonly (TensorType | undefined)[],
  attributes: BatchNormalizationAttributes,
): readonly TensorType[] {
  if (!x || !scale || !bias || !mean || !variance) {
    throw new WgconvError('missing-input', 'BatchNormalization needs X, scale, B, mean and var');
  }
  if (!isFloat(x.type)) {
    throw new WgconvError('wrong-type', `X must be a floating-point tensor, not ${x.type}`);
  }
  if (isStatic(x)) {
    const { channels } = normalisedSizes(x.dims, attributes);
    for (const vector of [scale, bias, mean, variance]) {
      const size = vector.dims.reduce<number>(
        (n, dim) => n * (typeof dim === 'number' ? dim : 1),
        1,
      );
      if (isStatic(vector) && size !== channels) {
        throw new WgconvError(
          'invalid-shape',
          `X ${formatDims(x.dims)} needs ${channels} values where ${formatDims(vector.dims)} are given`,
        );
      }
    }
  }
  return attributes.training ? [x, mean, variance] : [x];
}

/** In test mode with constant vectors: a factor and a summand for each channel. */
function affine(facts: NodeFacts<BatchNormalizationAttributes>): ChannelAffine | undefined {
  const { epsilon, training, spatial } = facts.attributes;
  if (training || !spatial) return undefined;
  const vectors = [1, 2, 3, 4].map((index) => {
    const tensor = facts.constant(index);
    return tensor && (toReference(tensor).value as Float64Array);
  });
  const [weight, bias, mean, variance] = vectors;
  if (!weight || !bias || !mean || !variance) return undefined;
  const scale = weight.map((w, c) => w / Math.sqrt((variance[c] as number) + epsilon));
  const shift = bias.map((b, c) => b - (mean[c] as number) * (scale[c] as number));
  return { input: 0, scale, shift };
}

export const batchNormalization = defineOperator<BatchNormalizationAttributes>({
  type: 'BatchNormalization',
  arity: { inputs: [5, 5], outputs: [1, 5] },
  attributes(source, opset) {
    const training = opset >= 14 && source.int('training_mode', 0) !== 0;
    if (opset < 14 && source.outputCount > 1) {
      source.fail(
        'training mode is supported from opset 14 on; export the model for inference (one output)',
      );
    }
    if (training && source.outputCount !== 1 && source.outputCount !== 3) {
      source.fail('training mode gives one output, or three with both running statistics');
    }
    // No meaning of their own for one output (see above), or none at all.
    if (opset < 9) source.has('consumed_inputs');
    if (opset < 7) source.has('is_test');
    return {
      epsilon: source.float('epsilon', 1e-5),
      momentum: source.float('momentum', 0.9),
      training,
      spatial: opset >= 9 || source.int('spatial', 1) !== 0,
    };
  },
  infer,
  accuracy: 'sum',
  traits: {
    layouts: (facts) => c4OrLinear(facts).filter(({ inputs }) => allowed(facts, inputs[0])),
    epilogue: ['activation'],
    affine,
    // A map of the output's channels is one of scale and B.
    absorbsAffine: ({ attributes: { training, spatial } }) =>
      training || !spatial ? undefined : { weight: 1, bias: 2, axis: 0 },
    parameterRoles: { 1: 'scale', 2: 'shift', 3: 'mean', 4: 'variance' },
  },
  reference: () => import('./reference.ts').then((module) => module.batchNormalizationReference),
  lower: lowerBatchNormalization,
});

/** Training and per-position statistics are computed in the linear layout. */
function allowed(
  { attributes }: NodeFacts<BatchNormalizationAttributes>,
  layout?: string,
): boolean {
  return layout !== 'c4' || (attributes.spatial && !attributes.training);
}
