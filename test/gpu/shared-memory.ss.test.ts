/** Dispatches that read and write one buffer of the plan, all of it bound for writing. */

import { describe, expect, it } from 'vitest';
import { elementsOf, Tensor } from '../../src/core/tensor.ts';
import { readOnnxModel } from '../../src/formats/onnx/index.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { optimise, prepare } from '../../src/passes/index.ts';
import { createPlan } from '../../src/plan/create-plan.ts';
import { verifyExecutable } from '../../src/session/verify.ts';
import { GpuExecutable } from '../../src/session/webgpu.ts';
import { WeightStore } from '../../src/session/weights.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { uniform } from '../support/random.ts';

const dims = [1, 4, 16, 16];

/**
 * 4 → 32 channels → pooled to a quarter → 92 → 92 → 4: the two tensors of 92 live at once and are
 * each smaller than that of 32 before, so that buffers apart would leave a part of one unused.
 */
const model = encodeModel({
  nodes: [
    { op: 'Conv', inputs: ['x', 'w1'], outputs: ['wide'] },
    {
      op: 'MaxPool',
      inputs: ['wide'],
      outputs: ['pooled'],
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
    { op: 'Conv', inputs: ['pooled', 'w2'], outputs: ['deep'] },
    {
      op: 'Conv',
      inputs: ['deep', 'w3'],
      outputs: ['deeper'],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    },
    { op: 'Conv', inputs: ['deeper', 'w4'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', dims }],
  outputs: ['y'],
  initializers: {
    w1: uniform([32, 4, 1, 1], 1),
    w2: uniform([92, 32, 1, 1], 2),
    w3: uniform([92, 92, 3, 3], 3),
    w4: uniform([4, 92, 1, 1], 4),
  },
});

describe('a plan that shares buffers between what dispatches read and write', () => {
  it('takes less memory, and every node is right', async () => {
    const context = await GpuContext.create({ ceiling: 'assume' });
    const { original, prepared } = await prepare(await optimise(await readOnnxModel(model)), {
      x: dims,
    });
    // Whatever the adapter: another algorithm's scratch would leave less to share.
    const algorithm = 'conv_direct';
    const plan = await createPlan(prepared, context.caps, { original, algorithm });
    const sharing = plan.steps.filter((step) => step.kind === 'dispatch' && step.writable);
    expect(sharing.length).toBeGreaterThan(0);
    expect(plan.memory.peakBytes).toBeLessThanOrEqual(1.1 * plan.memory.lowerBoundBytes);
    const weights = new WeightStore(context);
    const executable = await GpuExecutable.create(context, plan, weights);
    const x = new Tensor('float32', elementsOf(uniform(dims, 5)), dims);
    const report = await verifyExecutable(executable, original, new Map([['x', x]]));
    expect(report.firstWrong).toBeUndefined();
    expect(report.ok).toBe(true);
    executable.dispose();
    weights.dispose();
    context.dispose();
  });
});
