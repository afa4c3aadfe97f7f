/** Finds out once per device what no limit or feature of WebGPU tells. */

import type { DeviceCaps } from './caps.ts';

/** More turns than the adapters that count them allow. */
const turns = 70_000;

/**
 * WGSL lets an implementation assume that NaN does not occur, so kernels test it by its bits. The
 * promise that NaN in gives NaN out holds on devices where this does. The last value counts how
 * often a loop turns before it ends, by a one that the compiler does not know.
 */
const source = `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
@compute @workgroup_size(1)
fn main() {
  let x = values[0];
  values[1] = x + 1.0;
  values[2] = x * values[2]; // by a zero that the compiler does not know
  values[3] = select(max(x, 1.0), x, isNan(x));
  let one = values[4];
  let turns = values[5];
  var count = 0.0;
  for (var turn = 0.0; turn < turns; turn += one) {
    count += one;
  }
  values[6] = count;
}`;

const bytes = 32;

export async function probe(
  device: GPUDevice,
): Promise<Pick<DeviceCaps, 'keepsNaN'> & Pick<DeviceCaps['limits'], 'loopIterations'>> {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const values = device.createBuffer({ size: bytes, usage });
  const staging = device.createBuffer({
    size: bytes,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  try {
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: source }), entryPoint: 'main' },
    });
    device.queue.writeBuffer(values, 0, new Float32Array([Number.NaN, 0, 0, 0, 1, turns]));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: [{ binding: 0, resource: { buffer: values } }],
      }),
    );
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(values, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const results = new Float32Array(staging.getMappedRange());
    const counted = results[6] ?? 0;
    return {
      keepsNaN: results.subarray(0, 4).every(Number.isNaN),
      loopIterations: counted < turns ? counted : 2 ** 32 - 1,
    };
  } finally {
    values.destroy();
    staging.destroy();
  }
}
