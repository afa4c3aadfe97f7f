/**
 * DeformConv: convolution whose taps an input moves (Dai et al., arXiv 1703.06211) and weighs (Zhu
 * et al., arXiv 1811.11168). Outside of the image there is zero.
 * https://onnx.ai/onnx/operators/onnx__DeformConv.html — opset versions 19 and 22 mean the same.
 */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, isStatic, sizeOf, type TensorType } from '../../core/shape.ts';
import { kernelOf } from '../conv/kernel-of.ts';
import { invalidShape } from '../dims.ts';
import { defineOperator } from '../operator.ts';
import { readWindow, refuseTooLarge, windowOutput } from '../window.ts';
import type { DeformConvAttributes } from './geometry.ts';
import { lowerDeformConv } from './lower.ts';

function infer(
  inputs: readonly (TensorType | undefined)[],
  attributes: DeformConvAttributes,
): readonly TensorType[] {
  const [x, weight, offset, bias, mask] = inputs;
  if (!x || !weight || !offset) {
    throw new WgconvError('missing-input', 'DeformConv needs X, W and offset');
  }
  for (const tensor of inputs) {
    if (tensor && (!isFloat(tensor.type) || tensor.type !== x.type)) {
      throw new WgconvError(
        'wrong-type',
        `the inputs of DeformConv must have one floating-point type, not ${x.type} and ${tensor.type}`,
      );
    }
  }
  const axes = x.dims.length - 2;
  if (axes < 1 || axes > 3 || weight.dims.length !== axes + 2) {
    invalidShape(
      `X ${formatDims(x.dims)} and W ${formatDims(weight.dims)} must have one rank from 3 to 5`,
    );
  }
  const kernel = kernelOf(weight);
  const [batch = 1, channels = 1, ...size] = x.dims;
  const [outChannels = 1, perGroup = 1] = weight.dims;
  const { group, offsetGroups } = attributes;
  const divides = (dim: Dim, by: number) => typeof dim !== 'number' || dim % by === 0;
  if (
    typeof channels === 'number' &&
    typeof perGroup === 'number' &&
    channels !== perGroup * group
  ) {
    invalidShape(`X has ${channels} channels where W needs ${perGroup} × ${group} groups`);
  }
  if (!divides(outChannels, group)) {
    invalidShape(`${outChannels} output channels do not divide into ${group} groups`);
  }
  if (!divides(channels, offsetGroups)) {
    invalidShape(`${channels} input channels do not divide into ${offsetGroups} offset groups`);
  }
  const spatial = windowOutput(size, kernel, attributes);
  refuseTooLarge(size, spatial, kernel, attributes);
  const taps = sizeOf(kernel);
  const mustBe = (name: string, tensor: TensorType | undefined, dims: readonly Dim[]) => {
    const fits = dims.every((dim, at) => {
      const own = tensor?.dims[at];
      return typeof own !== 'number' || typeof dim !== 'number' || own === dim;
    });
    if (tensor && (!fits || tensor.dims.length !== dims.length)) {
      invalidShape(`${name} ${formatDims(tensor.dims)} of DeformConv must be ${formatDims(dims)}`);
    }
  };
  mustBe('offset', offset, [batch, offsetGroups * taps * axes, ...spatial]);
  mustBe('B', bias, [outChannels]);
  mustBe('mask', mask, [batch, offsetGroups * taps, ...spatial]);
  return [{ type: x.type, dims: [batch, outChannels, ...spatial] }];
}

export const deformConv = defineOperator<DeformConvAttributes>({
  type: 'DeformConv',
  arity: { inputs: [3, 5], outputs: [1, 1] },
  attributes(source) {
    const group = source.int('group', 1);
    const offsetGroups = source.int('offset_group', 1);
    if (group < 1 || offsetGroups < 1) source.fail('"group" and "offset_group" must be positive');
    return { ...readWindow(source), group, offsetGroups };
  },
  infer,
  accuracy: 'sum',
  traits: {
    macs({ inputs: [, weight], outputs: [y] }) {
      if (!weight || !y || !isStatic(weight) || !isStatic(y)) return 0;
      return sizeOf(y.dims) * sizeOf(weight.dims.slice(1));
    },
  },
  reference: () => import('./reference.ts').then((m) => m.deformConvReference),
  lower: lowerDeformConv,
});
