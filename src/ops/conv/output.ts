/** What convolutions of all element types share: attributes, and the dims of the result. */

import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, type TensorType } from '../../core/shape.ts';
import type { AttributeReader } from '../operator.ts';
import { readWindow, refuseTooLarge, windowOutput } from '../window.ts';
import type { ConvAttributes } from './geometry.ts';
import { kernelOf } from './kernel-of.ts';

export function convAttributes(source: AttributeReader): ConvAttributes {
  const group = source.int('group', 1);
  if (group < 1) source.fail('"group" must be positive');
  return { ...readWindow(source), group };
}

/** @throws WgconvError `invalid-shape` where the tensors do not fit together. */
export function convOutput(
  source: TensorType,
  weight: TensorType,
  bias: TensorType | undefined,
  attributes: ConvAttributes,
): readonly Dim[] {
  const fail = (message: string): never => {
    throw new WgconvError('invalid-shape', message, {
      data: { X: source.dims, W: weight.dims, B: bias?.dims, group: attributes.group },
    });
  };
  const rank = source.dims.length;
  if (rank < 3 || weight.dims.length !== rank) {
    fail(`X ${formatDims(source.dims)} and W ${formatDims(weight.dims)} must have one rank from 3`);
  }
  const { group } = attributes;
  const [batch, channels] = source.dims as [Dim, Dim];
  const [outChannels, perGroup] = weight.dims as [Dim, Dim];
  if (typeof outChannels === 'number' && outChannels % group !== 0) {
    fail(`${outChannels} output channels do not divide into ${group} groups`);
  }
  if (
    typeof channels === 'number' &&
    typeof perGroup === 'number' &&
    channels !== perGroup * group
  ) {
    fail(`X has ${channels} channels where W needs ${perGroup} × ${group} groups`);
  }
  if (bias && (bias.dims.length !== 1 || !fits(bias.dims[0], outChannels))) {
    fail(`B ${formatDims(bias.dims)} must be [${outChannels}]`);
  }
  const size = source.dims.slice(2);
  const kernel = kernelOf(weight);
  const spatial = windowOutput(size, kernel, attributes);
  refuseTooLarge(size, spatial, kernel, attributes);
  return [batch, outChannels, ...spatial];
}

const fits = (dim: Dim | undefined, expected: Dim): boolean =>
  typeof dim !== 'number' || typeof expected !== 'number' || dim === expected;
