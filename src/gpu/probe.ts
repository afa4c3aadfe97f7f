/** Finds out once per device whether NaN survives, as the kernels treat it. */

/**
 * WGSL lets an implementation assume that NaN does not occur, so kernels test it by its bits. The
 * promise that NaN in gives NaN out holds on devices where this does.
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
}`;

export async function keepsNaN(device: GPUDevice): Promise<boolean> {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const values = device.createBuffer({ size: 16, usage });
  const staging = device.createBuffer({
    size: 16,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  try {
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: source }), entryPoint: 'main' },
    });
    device.queue.writeBuffer(values, 0, new Float32Array([Number.NaN, 0, 0, 0]));
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
    encoder.copyBufferToBuffer(values, 0, staging, 0, 16);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return new Float32Array(staging.getMappedRange()).every(Number.isNaN);
  } finally {
    values.destroy();
    staging.destroy();
  }
}
