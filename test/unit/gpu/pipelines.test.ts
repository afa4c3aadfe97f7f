/** The pipeline cache on a device that computes nothing. */

import { expect, test } from 'vitest';
import { im2col } from '../../../shaders/im2col.ts';
import { pool2d } from '../../../shaders/pool2d.ts';
import { PipelineCache } from '../../../src/gpu/pipelines.ts';
import { nullDevice } from '../../null-gpu.ts';

test('kernels of the same bindings share a bind group layout and no pipeline layout', async () => {
  const device = await nullDevice();
  const layouts: GPUPipelineLayoutDescriptor[] = [];
  const createPipelineLayout = device.createPipelineLayout.bind(device);
  device.createPipelineLayout = (descriptor) => {
    layouts.push(descriptor);
    return createPipelineLayout(descriptor);
  };
  const cache = new PipelineCache(device);
  const [patches] = im2col.variants();
  const [pooling] = pool2d.variants();
  if (!patches || !pooling) throw new Error('a kernel has no variants');

  const first = await cache.get(im2col, patches);
  const second = await cache.get(pool2d, pooling);
  const again = await cache.get(im2col, patches);

  expect(second.layout).toBe(first.layout);
  expect(again.pipeline).toBe(first.pipeline);
  // wgpu checks sizes of buffers by the pipeline layout: shared, it takes one kernel's for the other.
  expect(layouts).toHaveLength(2);
});
