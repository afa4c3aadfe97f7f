/**
 * Conv: attributes, shape inference, traits.
 * https://onnx.ai/onnx/operators/onnx__Conv.html — opset versions 1, 11 and 22 mean the same.
 */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, isStatic, type TensorType } from '../../core/shape.ts';
import type { Layout } from '../../graph/graph.ts';
import type { LayoutChoice, NodeFacts, Traits } from '../operator.ts';
import { defineOperator } from '../operator.ts';
import { readWindow, refuseTooLarge, windowOutput, withPads } from '../window.ts';
import type { ConvAttributes } from './geometry.ts';
import { kernelOf } from './kernel-of.ts';
import { loadConv, lowerConv } from './lower.ts';
import { convInputs, resultLayouts } from './problem.ts';

export type { ConvAttributes } from './geometry.ts';

function infer(
  inputs: readonly (TensorType | undefined)[],
  attributes: ConvAttributes,
): readonly TensorType[] {
  const [source, weight, bias] = inputs;
  if (!source || !weight) throw new WgconvError('missing-input', 'Conv needs X and W');
  const fail = (message: string): never => {
    throw new WgconvError('invalid-shape', message, {
      data: { X: source.dims, W: weight.dims, B: bias?.dims, group: attributes.group },
    });
  };
  if (!isFloat(source.type)) {
    throw new WgconvError('wrong-type', `Conv takes floating-point tensors, not ${source.type}`);
  }
  if (weight.type !== source.type || (bias && bias.type !== source.type)) {
    throw new WgconvError('wrong-type', 'X, W and B must have one type');
  }
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
  return [{ type: source.type, dims: [batch, outChannels, ...spatial] }];
}

const fits = (dim: Dim | undefined, expected: Dim): boolean =>
  typeof dim !== 'number' || typeof expected !== 'number' || dim === expected;

/** Source channels up to which a first layer reads the model's own layout. */
export const linearSourceChannels = 3;

function layouts(facts: NodeFacts<ConvAttributes>): readonly LayoutChoice[] {
  const [source, weight] = facts.inputs;
  const channels = source?.dims[1];
  const count = facts.inputs.length;
  const { group } = facts.attributes;
  if (group > 1 && weight && weight.dims.length <= 4) {
    // Kernels that work on single planes, or on four of them, take either layout on both sides.
    const [outChannels, perGroup] = weight.dims;
    const linear = resultLayouts(count, 'linear', ['linear']);
    if (perGroup === 1) return [...resultLayouts(count, 'c4', ['c4']), ...linear];
    if (perGroup === 4 && outChannels === group * 4) {
      return [...resultLayouts(count, 'c4'), ...linear];
    }
  }
  if (typeof channels !== 'number' || group > 1) return resultLayouts(count, 'c4');
  const sources: readonly Layout[] =
    channels <= linearSourceChannels
      ? ['linear', 'c4']
      : channels % 4 === 0
        ? ['c4', 'linear']
        : ['c4'];
  return sources.flatMap((layout) => resultLayouts(count, layout));
}

const traits: Traits<ConvAttributes> = {
  layouts,
  epilogue: ['residual', 'activation'],
  absorbsPads: ({ attributes }, pads) => withPads(attributes, pads),
  linear: () => ({ weight: convInputs.weight, bias: convInputs.bias, axis: 0 }),
  macs({ inputs, outputs }) {
    const [, weight] = inputs;
    const [result] = outputs;
    if (!weight || !result || !isStatic(weight) || !isStatic(result)) return 0;
    const perOutput = weight.dims.slice(1).reduce((product, size) => product * size, 1);
    return result.dims.reduce((product, size) => product * size, perOutput);
  },
};

export const conv = defineOperator<ConvAttributes>({
  type: 'Conv',
  arity: { inputs: [2, 3], outputs: [1, 1] },
  attributes(source) {
    const group = source.int('group', 1);
    if (group < 1) source.fail('"group" must be positive');
    return { ...readWindow(source), group };
  },
  infer,
  accuracy: 'sum',
  traits,
  reference: () => import('./reference.ts').then((module) => module.convReference),
  load: loadConv,
  lower: lowerConv,
});
