/** A context that plans as for a real GPU, so that the kernels meant for those are tested everywhere. */

import { GpuContext } from '../../src/gpu/device.ts';

/** Thousands of invocations fill the device; nothing is judged as software. */
export async function hardwareContext(): Promise<GpuContext> {
  const context = await GpuContext.create({ ceiling: 'assume' });
  const ceiling = { gflops: 2000, gbps: 100, dispatchSeconds: 5e-6, parallelism: 16384 };
  Object.assign(context, { caps: { ...context.caps, software: false, ceiling } });
  return context;
}
