/**
 * LeNet-5 as an ONNX graph: the same layers as in network.ts, in ONNX's layouts (pictures NCHW,
 * filters [out, in, height, width]), with the padding inside C1 and a Softmax at the end.
 */

import { kernelFirst } from '../../src/layers/kernels.ts';
import type { WeightValues } from '../digits/trainable.ts';
import type { OnnxAttribute, OnnxInitializer, OnnxModel, OnnxNode } from './onnx-writer.ts';

const KERNEL = { kernel_shape: [5, 5] };
const POOL = { kernel_shape: [2, 2], strides: [2, 2] };

/** From "input" [N, 1, 28, 28], values in 0..1, white on black, to "probabilities" [N, 10]. */
export function lenet5Model(weights: WeightValues): OnnxModel {
  const nodes: OnnxNode[] = [];
  let last = 'input';
  const append = (
    name: string,
    opType: string,
    attributes: Readonly<Record<string, OnnxAttribute>>,
    parameters: readonly string[] = [],
  ): void => {
    nodes.push({ name, opType, inputs: [last, ...parameters], outputs: [name], attributes });
    last = name;
  };
  const weighted = (
    name: string,
    opType: string,
    attributes: Readonly<Record<string, OnnxAttribute>>,
  ): void => append(name, opType, attributes, [`${name}.weight`, `${name}.bias`]);
  const activate = (): void => append(`${last}.relu`, 'Relu', {});

  weighted('C1', 'Conv', { ...KERNEL, pads: [2, 2, 2, 2] });
  activate();
  append('S2', 'MaxPool', POOL);
  weighted('C3', 'Conv', KERNEL);
  activate();
  append('S4', 'MaxPool', POOL);
  weighted('C5', 'Conv', KERNEL);
  activate();
  append('flatten', 'Flatten', { axis: 1 });
  weighted('F6', 'Gemm', {});
  activate();
  weighted('output', 'Gemm', {});
  append('probabilities', 'Softmax', { axis: 1 });

  return {
    irVersion: 7,
    opset: 13,
    producer: 'wgconv scripts/lenet5',
    name: 'LeNet-5',
    description: 'Handwritten digits, 28x28, white on black, values in 0..1',
    nodes,
    initializers: Object.entries(weights).map(([name, { shape, values }]) =>
      initializer(name, shape, values),
    ),
    inputs: [{ name: 'input', dims: ['N', 1, 28, 28] }],
    outputs: [{ name: 'probabilities', dims: ['N', 10] }],
  };
}

/** Biases and matrices [in, out] stay; filters go from [height, width, in, out] to [out, in, height, width]. */
function initializer(
  name: string,
  shape: readonly number[],
  values: Float32Array,
): OnnxInitializer {
  const [height = 0, width = 0, inputs = 0, outputs = 0] = shape;
  if (shape.length !== 4) return { name, dims: shape, values };
  const [dims, data] = kernelFirst({ shape: [height, width, inputs, outputs], data: values });
  return { name, dims, values: data };
}
