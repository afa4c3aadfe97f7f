/** A float16 network is verified as the device has it: as float16, or as float32 without shader-f16. */

import { describe, expect, it } from 'vitest';
import { elementsOf, type HostTensor } from '../../src/core/tensor.ts';
import { InferenceSession, Tensor } from '../../src/index.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { tensorOf, uniform } from '../support/random.ts';

const half = (dims: readonly number[], seed: number): HostTensor =>
  uniform(dims, seed, { type: 'float16' });
const conv = { pads: [1, 1, 1, 1], kernel_shape: [3, 3] };

/** conv1 → × → conv2 → BatchNorm → + conv1 → Relu: values that float16 does not hold in between. */
const model = encodeModel({
  nodes: [
    { op: 'Conv', name: 'conv1', inputs: ['x', 'w1'], outputs: ['c1'], attributes: conv },
    { op: 'Mul', name: 'scale', inputs: ['c1', 'c1'], outputs: ['m'] },
    { op: 'Conv', name: 'conv2', inputs: ['m', 'w2'], outputs: ['c2'], attributes: conv },
    {
      op: 'BatchNormalization',
      name: 'norm',
      inputs: ['c2', 'gamma', 'beta', 'mean', 'variance'],
      outputs: ['n'],
    },
    { op: 'Add', name: 'join', inputs: ['n', 'c1'], outputs: ['a'] },
    { op: 'LeakyRelu', name: 'leaky', inputs: ['a'], outputs: ['y'] },
    { op: 'Sub', name: 'rest', inputs: ['y', 'shift'], outputs: ['z'] },
  ],
  inputs: [{ name: 'x', type: 'float16', dims: [1, 6, 9, 7] }],
  outputs: ['z'],
  initializers: {
    w1: half([10, 6, 3, 3], 1),
    w2: half([10, 10, 3, 3], 2),
    gamma: half([10], 3),
    beta: half([10], 4),
    mean: half([10], 5),
    variance: tensorOf([10], Array(10).fill(0.75), 'float16'),
    shift: half([1], 6),
  },
});

describe('a float16 network', () => {
  it.each([false, true])('passes its own check (compatibility limits: %s)', async (limits) => {
    const session = await InferenceSession.create(model, {
      gpu: { ceiling: 'assume', compatibilityLimits: limits },
    });
    const x = elementsOf(half([1, 6, 9, 7], 9));
    const report = await session.verify({ x: new Tensor('float16', x, [1, 6, 9, 7]) });
    expect(report.firstWrong).toBeUndefined();
    expect(report.ok).toBe(true);
    expect(report.endToEnd[0]?.relativeError).toBeLessThan(0.01);
    const stored = session.caps?.f16 ? 'stored as float16' : 'stored as float32';
    expect(session.report().float16).toBe(stored);
    await session.dispose();
  });
});
