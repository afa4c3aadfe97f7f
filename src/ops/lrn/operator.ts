/**
 * LRN: x / (bias + alpha / size · Σ x²) ^ beta over the `size` channels around each one.
 * https://onnx.ai/onnx/operators/onnx__LRN.html
 */

import { dispatch, foldWorkgroups, input, output } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { lrnKernel } from '../../../shaders/lrn.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, sizeOf } from '../../core/shape.ts';
import { tensorBytes } from '../device-tensor.ts';
import { c4OrLinear } from '../layouts.ts';
import { defineOperator } from '../operator.ts';
import { type LrnAttributes, lrnWindow } from './window.ts';

export const lrn = defineOperator<LrnAttributes>({
  type: 'LRN',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes(source) {
    const size = source.int('size');
    if (size < 1) source.fail('"size" must be positive');
    return {
      alpha: source.float('alpha', 0.0001),
      beta: source.float('beta', 0.75),
      bias: source.float('bias', 1),
      size,
    };
  },
  infer([x]) {
    if (!x) throw new WgconvError('missing-input', 'LRN needs X');
    if (x.dims.length < 2) {
      throw new WgconvError('invalid-shape', `X ${formatDims(x.dims)} has no channels`);
    }
    return [x];
  },
  accuracy: 'function',
  traits: { layouts: (facts) => c4OrLinear(facts) },
  reference: () => import('./reference.ts').then((module) => module.lrnReference),
  lower(io, attributes) {
    const [x] = io.inputs;
    if (!x) return [];
    const { element, layout } = x;
    if (element !== 'f32' && element !== 'f16') return [];
    const [batch = 1, channels = 1, ...spatial] = x.dims;
    const inner = sizeOf(spatial);
    const planes = layout === 'c4' ? channelBlocks(channels) : channels;
    const count = batch * planes * inner;
    const normalise = dispatch(
      lrnKernel,
      { layout, element },
      {
        ...{ count, channels, inner, ...lrnWindow(attributes) },
        scale: attributes.alpha / attributes.size,
        beta: attributes.beta,
        bias: attributes.bias,
      },
      [input(0), output(0)],
      foldWorkgroups(Math.ceil(count / 64)),
    );
    return [
      {
        algorithm: `lrn_${layout}`,
        dispatches: count === 0 ? [] : [normalise],
        scratch: [],
        packings: [],
        cost: {
          macs: batch * channels * inner * (attributes.size + 8),
          bytes: tensorBytes(x, ...io.outputs),
          invocations: count,
          efficiency: 0.2,
          barriers: false,
        },
      },
    ];
  },
});
