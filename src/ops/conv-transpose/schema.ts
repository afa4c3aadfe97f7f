/**
 * ConvTranspose: attributes, shape inference, traits.
 * https://onnx.ai/onnx/operators/onnx__ConvTranspose.html — opset versions 1, 11 and 22 mean the
 * same.
 */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, isStatic, type TensorType } from '../../core/shape.ts';
import { kernelOf } from '../conv/kernel-of.ts';
import { convInputs, resultLayouts } from '../conv/problem.ts';
import { defineOperator } from '../operator.ts';
import { readWindow } from '../window.ts';
import { type ConvTransposeAttributes, transposedAxes } from './geometry.ts';
import { lowerConvTranspose } from './lower.ts';

function infer(
  inputs: readonly (TensorType | undefined)[],
  attributes: ConvTransposeAttributes,
): readonly TensorType[] {
  const [source, weight, bias] = inputs;
  if (!source || !weight) throw new WgconvError('missing-input', 'ConvTranspose needs X and W');
  const { group } = attributes;
  const fail = (message: string): never => {
    throw new WgconvError('invalid-shape', message, {
      data: { X: source.dims, W: weight.dims, B: bias?.dims, group },
    });
  };
  if (!isFloat(source.type)) {
    throw new WgconvError(
      'wrong-type',
      `ConvTranspose takes floating-point tensors, not ${source.type}`,
    );
  }
  if (weight.type !== source.type || (bias && bias.type !== source.type)) {
    throw new WgconvError('wrong-type', 'X, W and B must have one type');
  }
  const rank = source.dims.length;
  if (rank < 3 || weight.dims.length !== rank) {
    fail(`X ${formatDims(source.dims)} and W ${formatDims(weight.dims)} must have one rank from 3`);
  }
  const [batch, channels] = source.dims as [Dim, Dim];
  const [inChannels, perGroup] = weight.dims as [Dim, Dim];
  if (typeof inChannels !== 'number' || typeof perGroup !== 'number') {
    return fail(`the weights' shape ${formatDims(weight.dims)} must be known`);
  }
  if (typeof channels === 'number' && channels !== inChannels) {
    fail(`X has ${channels} channels where W has weights for ${inChannels}`);
  }
  if (inChannels % group !== 0) {
    fail(`${inChannels} input channels do not divide into ${group} groups`);
  }
  const outChannels = perGroup * group;
  const biasSize = bias?.dims[0];
  if (
    bias &&
    (bias.dims.length !== 1 || (typeof biasSize === 'number' && biasSize !== outChannels))
  ) {
    fail(`B ${formatDims(bias.dims)} must be [${outChannels}]`);
  }
  const spatial = transposedAxes(source.dims.slice(2), kernelOf(weight), attributes).map(
    ({ size }) => size,
  );
  if (spatial.some((size) => typeof size === 'number' && size < 0)) {
    fail(`the pads leave nothing of the output: its size would be ${formatDims(spatial)}`);
  }
  return [{ type: source.type, dims: [batch, outChannels, ...spatial] }];
}

export const convTranspose = defineOperator<ConvTransposeAttributes>({
  type: 'ConvTranspose',
  arity: { inputs: [2, 3], outputs: [1, 1] },
  attributes(source) {
    const group = source.int('group', 1);
    if (group < 1) source.fail('"group" must be positive');
    const outputPadding = source.ints('output_padding');
    if (outputPadding?.some((size) => size < 0))
      source.fail('"output_padding" must not be negative');
    const outputShape = source.ints('output_shape');
    if (outputShape?.some((size) => size < 0)) source.fail('"output_shape" must not be negative');
    return { ...readWindow(source), group, outputPadding, outputShape };
  },
  infer,
  accuracy: 'sum',
  traits: {
    layouts: (facts) => resultLayouts(facts.inputs.length, 'c4'),
    epilogue: ['residual', 'activation'],
    // With more groups than one no axis of the weights is that of the output channels.
    linear: ({ attributes }) =>
      attributes.group === 1
        ? { weight: convInputs.weight, bias: convInputs.bias, axis: 1 }
        : undefined,
    macs({ inputs }) {
      const [source, weight] = inputs;
      if (!source || !weight || !isStatic(source) || !isStatic(weight)) return 0;
      const perInput = weight.dims.slice(1).reduce((product, size) => product * size, 1);
      return source.dims.reduce((product, size) => product * size, perInput);
    },
  },
  reference: () => import('./reference.ts').then((module) => module.convTransposeReference),
  lower: lowerConvTranspose,
});
