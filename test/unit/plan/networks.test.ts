/** Plans of real networks: memory near what must live at once, few pipelines, few conversions. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { compatibilityCaps, type DeviceCaps } from '../../../src/gpu/caps.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { createPlan } from '../../../src/plan/create-plan.ts';

const folder = '../shared/models';
const hasModels = existsSync(folder);

const limits = {
  ...compatibilityCaps.limits,
  ...{ bufferBytes: 2 ** 31, storageBindingBytes: 2 ** 31 },
};
const devices: readonly [string, DeviceCaps][] = [
  ['a GPU', { ...compatibilityCaps, limits }],
  ['a software adapter', { ...compatibilityCaps, limits, software: true }],
];

/** Batches beside 1 where the model leaves the batch open. */
const networks: readonly [string, ...number[]][] = [
  ['squeezenet1.1/model.onnx', 8],
  ['mobilenet-v2/model.onnx'],
  ['mobilenet-v1-0.25/model.onnx'],
  ['ultraface-320/model.onnx', 8],
  ['portrait-prisma/model.onnx', 8],
  ['super-resolution-10/model.onnx', 8],
  ['onnx-light/light_resnet50.onnx'],
  ['onnx-light/light_bvlc_alexnet.onnx'],
  ['onnx-light/light_densenet121.onnx', 8],
  ['onnx-light/light_inception_v1.onnx'],
  ['onnx-light/light_inception_v2.onnx'],
  ['onnx-light/light_shufflenet.onnx'],
  ['onnx-light/light_squeezenet.onnx', 8],
  ['onnx-light/light_vgg19.onnx'],
  ['onnx-light/light_zfnet512.onnx'],
];

/** The model for another batch; only where no shape in it is written for the one it has. */
function batched(graph: Graph, batch: number): Graph {
  const inputs = graph.inputs.map((input) => ({ ...input, dims: ['N', ...input.dims.slice(1)] }));
  return batch === 1 ? graph : { ...graph, inputs, types: new Map() };
}

describe.skipIf(!hasModels)('plans of real networks', () => {
  for (const [network, ...batches] of networks) {
    it(`${network} peaks at most 15 % above its lower bound`, { timeout: 60_000 }, async () => {
      const model = await readOnnxModel(readFileSync(`${folder}/${network}`));
      for (const batch of [1, ...batches]) {
        const graph = await optimise(batched(model, batch), { foldShare: Infinity });
        const shapes = model.inputs.map(({ name, dims: [first = 1, ...rest] }) => [
          name,
          [typeof first === 'number' ? first * batch : batch, ...(rest as number[])],
        ]);
        const { original, prepared } = await prepare(graph, Object.fromEntries(shapes));
        for (const [name, caps] of devices) {
          const { memory, pool } = await createPlan(prepared, caps, { original });
          const ratio = memory.peakBytes / memory.lowerBoundBytes;
          expect(ratio, `batch ${batch} on ${name}`).toBeLessThanOrEqual(1.15);
          expect(ratio, `batch ${batch} on ${name}`).toBeGreaterThanOrEqual(1);
          expect(pool.reduce((sum, size) => sum + size, 0)).toBe(memory.peakBytes);
          expect(memory.originalBoundBytes).toBeGreaterThan(0);
        }
      }
    });
  }
});
