/**
 * Conv: attributes, shape inference, traits.
 * https://onnx.ai/onnx/operators/onnx__Conv.html — opset versions 1, 11 and 22 mean the same.
 */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { isStatic, type TensorType } from '../../core/shape.ts';
import type { Layout } from '../../graph/graph.ts';
import type { LayoutChoice, NodeFacts, Traits } from '../operator.ts';
import { defineOperator } from '../operator.ts';
import { withPads } from '../window.ts';
import type { ConvAttributes } from './geometry.ts';
import { loadConv, lowerConv } from './lower.ts';
import { convAttributes, convOutput } from './output.ts';
import { convInputs, resultLayouts } from './problem.ts';

export type { ConvAttributes } from './geometry.ts';

function infer(
  inputs: readonly (TensorType | undefined)[],
  attributes: ConvAttributes,
): readonly TensorType[] {
  const [source, weight, bias] = inputs;
  if (!source || !weight) throw new WgconvError('missing-input', 'Conv needs X and W');
  if (!isFloat(source.type)) {
    throw new WgconvError('wrong-type', `Conv takes floating-point tensors, not ${source.type}`);
  }
  if (weight.type !== source.type || (bias && bias.type !== source.type)) {
    throw new WgconvError('wrong-type', 'X, W and B must have one type');
  }
  return [{ type: source.type, dims: convOutput(source, weight, bias, attributes) }];
}

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
  attributes: convAttributes,
  infer,
  accuracy: 'sum',
  traits,
  reference: () => import('./reference.ts').then((module) => module.convReference),
  load: loadConv,
  lower: lowerConv,
});
