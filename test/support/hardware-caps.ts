/** A context that plans as for a real GPU, so that the kernels meant for those are tested everywhere. */

import type { DeviceCaps } from '../../src/gpu/caps.ts';
import { GpuContext } from '../../src/gpu/device.ts';

/** Thousands of invocations fill the device; nothing is judged as software; `limits` may be small. */
export async function hardwareContext(
  limits: Partial<DeviceCaps['limits']> = {},
  more: Partial<DeviceCaps> = {},
): Promise<GpuContext> {
  const context = await GpuContext.create({ ceiling: 'assume' });
  const ceiling = { gflops: 2000, gbps: 100, dispatchSeconds: 5e-6, parallelism: 16384 };
  const { caps } = context;
  const hardware = { software: false, ceiling, limits: { ...caps.limits, ...limits }, ...more };
  Object.assign(context, { caps: { ...caps, ...hardware } });
  return context;
}
