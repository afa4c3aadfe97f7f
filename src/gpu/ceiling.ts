/**
 * The device's ceiling: how many multiply-adds and how many bytes a second. It feeds the cost model.
 * What computes on the CPU is assumed: a measurement would take a tenth of the time to the first
 * result, and no network's plan is another with it. Other devices are measured once.
 */

import type { DeviceCaps } from './caps.ts';

type Ceiling = DeviceCaps['ceiling'];

/** What makes a CPU out to be a GPU; llvmpipe, which compiles for all vector units, is the faster. */
export type SoftwareKind = 'swiftshader' | 'llvmpipe' | undefined;

export function assumedCeiling(software: SoftwareKind): Ceiling {
  // As two cores of a server measure.
  if (software === 'swiftshader') {
    return { gflops: 17, gbps: 3, dispatchSeconds: 15e-6, parallelism: 8 };
  }
  if (software) return { gflops: 80, gbps: 5, dispatchSeconds: 15e-6, parallelism: 8 };
  return { gflops: 2000, gbps: 2000 / flopsPerByte, dispatchSeconds: 5e-6, parallelism: 16384 };
}

/** Of GPUs, large and small ones alike within a factor of two. */
const flopsPerByte = 20;

const multiplyAdds = `
@group(0) @binding(0) var<storage, read_write> result: vec4<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = vec4<f32>(f32(id.x)) * 1e-6;
  var a = x; var b = x + 1.0; var c = x + 2.0; var d = x + 3.0;
  var e = x + 4.0; var f = x + 5.0; var g = x + 6.0; var h = x + 7.0;
  for (var i = 0u; i < 64u; i++) {
    a = fma(a, x, x); b = fma(b, x, x); c = fma(c, x, x); d = fma(d, x, x);
    e = fma(e, x, x); f = fma(f, x, x); g = fma(g, x, x); h = fma(h, x, x);
  }
  let sum = a + b + c + d + e + f + g + h;
  if (sum.x == 0.125) { // the compiler does not know that it is not
    result = sum;
  }
}`;
/** Multiply-adds of one invocation of the shader above: 64 rounds of 8 vec4. */
const multiplyAddsPerInvocation = 64 * 8 * 4;

/**
 * Measures the rate of multiply-adds; grows the work until a timer can see it. Bandwidth follows from
 * it: buffers that are small beside a small network's would only measure a cache.
 */
export async function measureCeiling(device: GPUDevice): Promise<Ceiling> {
  const invocations = 65536;
  const buffer = device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE });
  try {
    const pipeline = await createPipeline(device, multiplyAdds);
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer } }],
    });
    const seconds = await secondsPerDispatch(device, pipeline, group, invocations / 64);
    const gflops = (2 * multiplyAddsPerInvocation * invocations) / seconds / 1e9;
    return { ...assumedCeiling(undefined), gflops, gbps: gflops / flopsPerByte };
  } finally {
    buffer.destroy();
  }
}

function createPipeline(device: GPUDevice, code: string): Promise<GPUComputePipeline> {
  return device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
}

async function secondsPerDispatch(
  device: GPUDevice,
  pipeline: GPUComputePipeline,
  group: GPUBindGroup,
  workgroups: number,
): Promise<number> {
  const time = async (repeats: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let repeat = 0; repeat < repeats; repeat++) pass.dispatchWorkgroups(workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    const start = performance.now();
    await device.queue.onSubmittedWorkDone();
    return (performance.now() - start) / 1000;
  };
  await time(1); // first dispatch: the driver's own compilation
  // The timer of a queue may tick at 2.4 ms: work until several ticks have passed. What else the
  // machine does can only slow it down, so that the better of two is nearer.
  for (let repeats = 1; ; repeats *= 4) {
    const seconds = await time(repeats);
    if (seconds < 0.008 && repeats < 1024) continue;
    return Math.max(Math.min(seconds, await time(repeats)), 1e-4) / repeats;
  }
}
