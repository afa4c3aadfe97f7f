/** What the adapter can do at most, and what it asks for every dispatch and every readback. */

import { measureCeiling } from '../src/gpu/ceiling.ts';
import type { Ceiling } from './result.ts';

/** The best of five: what else runs on the machine can only lower a rate. */
const attempts = 5;

export async function ceilingOf(device: GPUDevice): Promise<Ceiling> {
  const measured = [];
  for (let run = 0; run < attempts; run++) measured.push(await measureCeiling(device));
  const small = await readback(device, 4);
  const large = await readback(device, 4 << 20);
  return {
    gflops: Math.max(...measured.map(({ gflops }) => gflops)),
    gbps: Math.max(...measured.map(({ gbps }) => gbps)),
    dispatchMicroseconds: 1e6 * (await dispatchSeconds(device)),
    readbackMilliseconds: small,
    readbackGbps: (4 << 20) / Math.max(0.05, large - small) / 1e6,
  };
}

async function dispatchSeconds(device: GPUDevice): Promise<number> {
  const module = device.createShaderModule({ code: '@compute @workgroup_size(1) fn main() {}' });
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  const dispatches = 1000;
  return (
    (await best(async () => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      for (let index = 0; index < dispatches; index++) pass.dispatchWorkgroups(1);
      pass.end();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
    })) /
    dispatches /
    1000
  );
}

/** Milliseconds until so many bytes of a storage buffer are on the CPU. */
async function readback(device: GPUDevice, size: number): Promise<number> {
  const source = device.createBuffer({
    size,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
  });
  const staging = device.createBuffer({
    size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const time = await best(async () => {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    staging.getMappedRange().slice(0);
    staging.unmap();
  });
  source.destroy();
  staging.destroy();
  return time;
}

async function best(run: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt <= attempts; attempt++) {
    const start = performance.now();
    await run();
    // The first one warms up.
    if (attempt > 0) least = Math.min(least, performance.now() - start);
  }
  return least;
}
