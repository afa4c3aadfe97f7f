/**
 * The device's ceiling: how many multiply-adds and how many bytes a second. Two micro-benchmarks of
 * a few milliseconds, run once per device, feed the cost model.
 */

import type { DeviceCaps } from './caps.ts';

type Ceiling = DeviceCaps['ceiling'];

export function assumedCeiling(software: boolean): Ceiling {
  return software
    ? { gflops: 40, gbps: 4, dispatchSeconds: 25e-6, parallelism: 8 }
    : { gflops: 2000, gbps: 100, dispatchSeconds: 5e-6, parallelism: 16384 };
}

const multiplyAdds = `
@group(0) @binding(0) var<storage, read_write> result: array<vec4<f32>>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let x = vec4<f32>(f32(id.x)) * 1e-6;
  var a = x; var b = x + 1.0; var c = x + 2.0; var d = x + 3.0;
  var e = x + 4.0; var f = x + 5.0; var g = x + 6.0; var h = x + 7.0;
  for (var i = 0u; i < 64u; i++) {
    a = fma(a, x, x); b = fma(b, x, x); c = fma(c, x, x); d = fma(d, x, x);
    e = fma(e, x, x); f = fma(f, x, x); g = fma(g, x, x); h = fma(h, x, x);
  }
  result[id.x] = a + b + c + d + e + f + g + h;
}`;
/** Multiply-adds of one invocation of the shader above: 64 rounds of 8 vec4. */
const multiplyAddsPerInvocation = 64 * 8 * 4;

const copy = `
@group(0) @binding(0) var<storage, read_write> result: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  result[id.x] = source[id.x] + 1.0;
}`;

/** Measures multiply-add rate and copy bandwidth; grows the work until a timer can see it. */
export async function measureCeiling(device: GPUDevice): Promise<Ceiling> {
  const invocations = 65536;
  const bytes = invocations * 16;
  const usage = GPUBufferUsage.STORAGE;
  const a = device.createBuffer({ size: bytes, usage });
  const b = device.createBuffer({ size: bytes, usage });
  try {
    const [compute, move] = await Promise.all([
      createPipeline(device, multiplyAdds),
      createPipeline(device, copy),
    ]);
    const bind = (pipeline: GPUComputePipeline, buffers: GPUBuffer[]) =>
      device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
      });
    const time = (pipeline: GPUComputePipeline, buffers: GPUBuffer[], workgroups: number) =>
      secondsPerDispatch(device, pipeline, bind(pipeline, buffers), workgroups);
    const flops = await time(compute, [a], invocations / 64);
    const moved = await time(move, [a, b], invocations / 64);
    const empty = await time(move, [a, b], 1);
    return {
      gflops: (2 * multiplyAddsPerInvocation * invocations) / flops / 1e9,
      gbps: (2 * bytes) / moved / 1e9,
      dispatchSeconds: Math.min(empty, 50e-6),
      parallelism: 16384,
    };
  } finally {
    a.destroy();
    b.destroy();
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
