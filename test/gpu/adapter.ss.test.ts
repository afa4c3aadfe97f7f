/** Each recipe gives a page the adapter it names, and that adapter computes. */
import { expect, inject, test } from 'vitest';

const recipe = inject('recipe');

async function requestDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter({ featureLevel: 'compatibility' });
  if (!adapter) throw new Error(`recipe ${recipe} gives no adapter`);
  return adapter.requestDevice();
}

test('the adapter is the one that the recipe names', async () => {
  const adapter = await navigator.gpu.requestAdapter({ featureLevel: 'compatibility' });
  const core = adapter?.features.has('core-features-and-limits');
  if (recipe === 'cr-ss') expect(adapter?.info.architecture).toBe('swiftshader');
  expect(core).toBe(recipe !== 'cr-gles');
});

test('a compute shader doubles numbers', async () => {
  const device = await requestDevice();
  const numbers = Float32Array.from({ length: 1000 }, (_, index) => index / 8);
  const storage = device.createBuffer({
    size: numbers.byteLength,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const readback = device.createBuffer({
    size: numbers.byteLength,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(storage, 0, numbers);
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: {
      module: device.createShaderModule({
        code: `
          @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
          @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
            if (id.x < arrayLength(&numbers)) { numbers[id.x] *= 2.0; }
          }`,
      }),
    },
  });

  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: storage } }],
    }),
  );
  pass.dispatchWorkgroups(Math.ceil(numbers.length / 64));
  pass.end();
  encoder.copyBufferToBuffer(storage, 0, readback, 0, numbers.byteLength);
  device.queue.submit([encoder.finish()]);
  await readback.mapAsync(GPUMapMode.READ);

  expect(new Float32Array(readback.getMappedRange())).toEqual(numbers.map((number) => number * 2));
  device.destroy();
});
