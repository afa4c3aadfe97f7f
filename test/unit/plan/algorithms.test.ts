/** The `algorithm` option: what it forces, and what it says where there is no such algorithm. */

import { describe, expect, it } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { createPlan, type PlanOptions } from '../../../src/plan/create-plan.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { uniform } from '../../support/random.ts';

async function planWith(algorithm: PlanOptions['algorithm']) {
  const model = encodeModel({
    nodes: [
      { op: 'Conv', name: 'one', inputs: ['x', 'w'], outputs: ['y'] },
      {
        op: 'MaxPool',
        name: 'two',
        inputs: ['y'],
        outputs: ['z'],
        attributes: { kernel_shape: [2, 2] },
      },
    ],
    inputs: [{ name: 'x', dims: [1, 4, 8, 8] }],
    outputs: ['z'],
    initializers: { w: uniform([8, 4, 1, 1], 1) },
  });
  const { original, prepared } = await prepare(await optimise(await readOnnxModel(model)), {});
  return createPlan(prepared, compatibilityCaps, { original, algorithm });
}

describe('the option algorithm', () => {
  it('forces an algorithm wherever a node offers it, or at one node', async () => {
    for (const algorithm of ['conv_direct', { one: 'conv_direct' }]) {
      const { graph, nodes } = await planWith(algorithm);
      const at = graph.nodes.findIndex(({ name }) => name === 'one');
      expect(nodes[at]?.algorithm).toMatch(/^conv_direct\./);
    }
  });

  it('names what nobody offers', async () => {
    await expect(planWith('conv_derict')).rejects.toThrow(
      /no node offers the algorithm "conv_derict"; offered are .*conv_direct\..*pool/,
    );
    await expect(planWith({ two: 'conv_direct' })).rejects.toThrow(
      /no node called "two" offers the algorithm "conv_direct"; offered are .*pool/,
    );
    await expect(planWith({ three: 'conv_direct' })).rejects.toThrow(
      'no node of the plan is called "three"',
    );
  });
});
