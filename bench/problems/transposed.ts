/** Transposed convolutions, as decoders have them. */

import { sizeOf } from '../../src/core/shape.ts';
import { hostTensor } from '../../src/core/tensor.ts';
import { encodeModel } from '../../test/support/onnx-writer.ts';
import { type ProblemBase, seededData } from './problem.ts';
import { type Row, transposed } from './tables.ts';

export interface TransposedProblem extends ProblemBase {
  readonly kind: 'conv-transpose';
  readonly weightDims: readonly [number, number, number, number];
  readonly stride: number;
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  /** Batch, channels, height, width. */
  readonly outputDims: readonly [number, number, number, number];
}

export function transposedProblems(): TransposedProblem[] {
  return transposed.map(transposedOf);
}

function transposedOf([
  inChannels,
  size,
  outChannels,
  kernel,
  stride,
  pad,
]: Row): TransposedProblem {
  const pads = typeof pad === 'number' ? ([pad, pad, pad, pad] as const) : pad;
  const side = (before: number, after: number) => stride * (size - 1) + kernel - before - after;
  const outputDims = [1, outChannels, side(pads[0], pads[2]), side(pads[1], pads[3])] as const;
  const dims = [1, inChannels, size, size];
  const weightDims = [inChannels, outChannels, kernel, kernel] as const;
  const padText = new Set(pads).size === 1 ? pads[0] : pads.join(' ');
  return {
    kind: 'conv-transpose',
    name: `transposed ${kernel}x${kernel}, ${inChannels} to ${outChannels}, ${size}x${size}, stride ${stride}, pads ${padText}`,
    macs: sizeOf(dims) * outChannels * kernel ** 2,
    bytes: 4 * (sizeOf(dims) + sizeOf(weightDims) + sizeOf(outputDims)),
    input: { name: 'x', dims },
    output: 'y',
    ...{ weightDims, stride, pads, outputDims },
    model: () =>
      encodeModel({
        opset: 13,
        nodes: [
          {
            op: 'ConvTranspose',
            name: 'conv',
            inputs: ['x', 'w'],
            outputs: ['y'],
            attributes: { kernel_shape: [kernel, kernel], strides: [stride, stride], pads },
          },
        ],
        inputs: [{ name: 'x', type: 'float32', dims }],
        outputs: [{ name: 'y', type: 'float32', dims: outputDims }],
        initializers: {
          w: hostTensor('float32', weightDims, seededData(sizeOf(weightDims), 2)),
        },
      }),
  };
}
