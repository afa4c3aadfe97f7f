/** Plans of real networks: memory near what must live at once, few pipelines, few conversions. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compatibilityCaps, type DeviceCaps } from '../../../src/gpu/caps.ts';
import { InferenceSession } from '../../../src/index.ts';
import { prepare } from '../../../src/passes/index.ts';
import { createPlan } from '../../../src/plan/create-plan.ts';

const folder = '../shared/models';
const hasModels = existsSync(folder);

const devices: readonly [string, DeviceCaps][] = [
  [
    'a GPU',
    { ...compatibilityCaps, limits: { ...compatibilityCaps.limits, bufferBytes: 2 ** 31 } },
  ],
  ['a software adapter', { ...compatibilityCaps, software: true }],
];

const networks = [
  'squeezenet1.1/model.onnx',
  'mobilenet-v2/model.onnx',
  'onnx-light/light_resnet50.onnx',
];

describe.skipIf(!hasModels)('plans of real networks', () => {
  for (const network of networks) {
    it(`${network} peaks at most 15 % above its lower bound`, async () => {
      const bytes = new Uint8Array(readFileSync(`${folder}/${network}`));
      const { graph } = await InferenceSession.create(bytes, { backend: 'cpu' });
      const shapes = Object.fromEntries(
        graph.inputs.map(({ name, dims }) => [name, dims as number[]]),
      );
      const { original, prepared } = await prepare(graph, shapes);
      for (const [name, caps] of devices) {
        const { memory, pool } = await createPlan(prepared, caps, { original });
        const ratio = memory.peakBytes / memory.lowerBoundBytes;
        expect(ratio, name).toBeLessThanOrEqual(1.15);
        expect(ratio, name).toBeGreaterThanOrEqual(1);
        expect(pool.reduce((sum, size) => sum + size, 0)).toBe(memory.peakBytes);
        expect(memory.originalBoundBytes).toBeGreaterThan(0);
      }
    });
  }
});
