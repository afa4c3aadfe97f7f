/** When an algorithm may take scratch memory: within a network's peak, or where it is all there is. */

import { describe, expect, it } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { createPlan, type PlanOptions } from '../../../src/plan/create-plan.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { uniform } from '../../support/random.ts';

/** So many 3×3 convolutions of 64 channels, one after another. */
async function planOf(count: number, algorithm?: PlanOptions['algorithm']) {
  const model = encodeModel({
    nodes: Array.from({ length: count }, (_, index) => ({
      op: 'Conv',
      inputs: [`v${index}`, 'w'],
      outputs: [`v${index + 1}`],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    })),
    inputs: [{ name: 'v0', dims: [1, 64, 28, 28] }],
    outputs: [`v${count}`],
    initializers: { w: uniform([64, 64, 3, 3], 1) },
  });
  const { original, prepared } = await prepare(await optimise(await readOnnxModel(model)), {});
  return createPlan(prepared, compatibilityCaps, { original, algorithm });
}

describe('scratch memory', () => {
  it('is taken where one node is the whole plan: the fastest algorithm is chosen', async () => {
    const { nodes, memory } = await planOf(1);
    const conv = nodes.find(({ cost }) => cost && cost.macs > 0);
    const seconds = conv?.candidates.map((candidate) => candidate.seconds) ?? [];
    expect(seconds[0]).toBe(Math.min(...seconds));
    expect(memory.peakBytes).toBeGreaterThan(1.15 * memory.lowerBoundBytes);
  });

  it('does not lift the peak of a network, unless the caller forces it', async () => {
    const free = await planOf(3);
    expect(free.memory.peakBytes).toBeLessThanOrEqual(1.15 * free.memory.lowerBoundBytes);
    const forced = await planOf(3, 'im2col_gemm');
    expect(forced.memory.peakBytes).toBeGreaterThan(1.15 * forced.memory.lowerBoundBytes);
  });
});
