/** A small network with what its nodes compute and move, worked out by hand. */

import { encodeModel } from './onnx-writer.ts';
import { tensorOf, uniform } from './random.ts';

export const profiledModel = encodeModel({
  opset: 13,
  nodes: [
    {
      op: 'Conv',
      name: 'conv',
      inputs: ['x', 'w'],
      outputs: ['sums'],
      attributes: { pads: [1, 1, 1, 1] },
    },
    { op: 'Sigmoid', name: 'gate', inputs: ['sums'], outputs: ['gated'] },
    { op: 'GlobalAveragePool', name: 'pool', inputs: ['gated'], outputs: ['pooled'] },
    { op: 'Reshape', name: 'flatten', inputs: ['pooled', 'shape'], outputs: ['flat'] },
    { op: 'MatMul', name: 'classify', inputs: ['flat', 'classes'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', dims: [1, 3, 8, 8] }],
  outputs: ['y'],
  initializers: {
    w: uniform([16, 3, 3, 3], 1),
    shape: tensorOf([2], [1, 16], 'int64'),
    classes: uniform([16, 4], 2),
  },
});

/** 3·3·3 products for each of 16·8·8 sums; four bytes an element, eight for the shape's two. */
export const profiledNodes = [
  { name: 'conv', operator: 'Conv', macs: 27648, bytes: 4 * (192 + 432 + 1024) },
  { name: 'gate', operator: 'Sigmoid', macs: 0, bytes: 4 * (1024 + 1024) },
  { name: 'pool', operator: 'GlobalAveragePool', bytes: 4 * (1024 + 16) },
  { name: 'flatten', operator: 'Reshape', macs: 0, bytes: 4 * (16 + 16) + 2 * 8 },
  { name: 'classify', operator: 'MatMul', macs: 64, bytes: 4 * (16 + 64 + 4) },
];
