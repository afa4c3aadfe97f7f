/** Which concatenations are written in place, and which have to copy. */

import { describe, expect, it } from 'vitest';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { InferenceSession } from '../../../src/index.ts';
import { prepare } from '../../../src/passes/index.ts';
import { createPlan } from '../../../src/plan/create-plan.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { uniform } from '../../support/random.ts';

/** x → conv1 ─┐
 *  x → conv2 ─┴ Concat (with a third part) → conv3 → y */
async function homeOfJoin(third: 'none' | 'constant'): Promise<string | undefined> {
  const model = encodeModel({
    nodes: [
      { op: 'Conv', inputs: ['x', 'w1'], outputs: ['c1'] },
      { op: 'Conv', inputs: ['x', 'w2'], outputs: ['c2'] },
      {
        op: 'Concat',
        name: 'join',
        inputs: ['c1', ...(third === 'constant' ? ['constant'] : []), 'c2'],
        outputs: ['joined'],
        attributes: { axis: 1 },
      },
      { op: 'Conv', inputs: ['joined', third === 'none' ? 'w3' : 'w4'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [1, 4, 8, 8] }],
    outputs: ['y'],
    initializers: {
      w1: uniform([8, 4, 1, 1], 1),
      w2: uniform([4, 4, 1, 1], 2),
      w3: uniform([8, 12, 1, 1], 3),
      w4: uniform([8, 16, 1, 1], 4),
      constant: uniform([1, 4, 8, 8], 5),
    },
  });
  const { graph } = await InferenceSession.create(model, { backend: 'cpu' });
  const { original, prepared } = await prepare(graph, {});
  const plan = await createPlan(prepared, compatibilityCaps, { original });
  return plan.nodes[plan.graph.nodes.findIndex(({ name }) => name === 'join')]?.home;
}

describe('a concatenation along the channels', () => {
  it('takes its parts where their producers write them', async () => {
    expect(await homeOfJoin('none')).toBe('joined');
  });

  it('copies where a part is a constant: that lies among the weights', async () => {
    expect(await homeOfJoin('constant')).toBe('device');
  });
});
