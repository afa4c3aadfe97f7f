/**
 * ResNet-50 with random weights: He et al., "Deep Residual Learning for Image Recognition", with the
 * stride in the 3×3 convolution. Its numbers mean nothing, its time does.
 */

import { sizeOf } from '../../src/core/shape.ts';
import { hostTensor } from '../../src/core/tensor.ts';
import { encodeModel, type NodeInput, type TensorInput } from '../../test/support/onnx-writer.ts';
import { seededData } from './problem.ts';

export const resnet50Dims: readonly number[] = [1, 3, 224, 224];

const stages = [
  { blocks: 3, channels: 64, stride: 1 },
  { blocks: 4, channels: 128, stride: 2 },
  { blocks: 6, channels: 256, stride: 2 },
  { blocks: 3, channels: 512, stride: 2 },
];

export function resnet50Model(): Uint8Array {
  const nodes: NodeInput[] = [];
  const initializers: Record<string, TensorInput> = {};
  let count = 0;
  const node = (op: string, inputs: string[], attributes: NodeInput['attributes'] = {}) => {
    const output = `v${count++}`;
    nodes.push({ op, name: `${op}_${output}`, inputs, outputs: [output], attributes });
    return output;
  };
  const weights = (dims: readonly number[], gain: number) => {
    const name = `w${count++}`;
    const fanIn = sizeOf(dims.slice(1));
    const data = seededData(sizeOf(dims), count).map((value) => value * Math.sqrt(gain / fanIn));
    initializers[name] = hostTensor('float32', dims, data);
    return name;
  };
  const conv = (x: string, from: number, to: number, kernel: number, stride: number, gain = 6) => {
    const pad = (kernel - 1) / 2;
    const w = weights([to, from, kernel, kernel], gain);
    const bias = `b${count++}`;
    initializers[bias] = hostTensor('float32', [to], new Float32Array(to));
    return node('Conv', [x, w, bias], {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  };
  let x = node('Relu', [conv('x', 3, 64, 7, 2)]);
  x = node('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let channels = 64;
  for (const stage of stages) {
    for (let block = 0; block < stage.blocks; block++) {
      const stride = block === 0 ? stage.stride : 1;
      const out = 4 * stage.channels;
      const a = node('Relu', [conv(x, channels, stage.channels, 1, 1)]);
      const b = node('Relu', [conv(a, stage.channels, stage.channels, 3, stride)]);
      // A small gain keeps the sums of 16 blocks in range, since nothing is normalised.
      const c = conv(b, stage.channels, out, 1, 1, 0.5);
      const shortcut = block === 0 ? conv(x, channels, out, 1, stride, 3) : x;
      x = node('Relu', [node('Add', [c, shortcut])]);
      channels = out;
    }
  }
  const flat = node('Flatten', [node('GlobalAveragePool', [x])], { axis: 1 });
  const w = weights([1000, 2048], 3);
  nodes.push({ op: 'Gemm', inputs: [flat, w], outputs: ['y'], attributes: { transB: 1 } });
  return encodeModel({
    opset: 13,
    nodes,
    inputs: [{ name: 'x', type: 'float32', dims: [...resnet50Dims] }],
    outputs: [{ name: 'y', type: 'float32', dims: [1, 1000] }],
    initializers,
  });
}
