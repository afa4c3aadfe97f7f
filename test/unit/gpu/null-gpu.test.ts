/** The null device does what other tests rely on: it accepts right shaders and names wrong ones. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nullDevice, shaderErrors } from '../../null-gpu.ts';

let device: GPUDevice;

beforeAll(async () => {
  device = await nullDevice();
});

afterAll(() => device.destroy());

test('a right shader has no errors, with f16 and subgroups in it', async () => {
  const code = `
    enable f16;
    enable subgroups;
    @group(0) @binding(0) var<storage, read_write> sums: array<f16>;
    @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
      sums[id.x] = subgroupAdd(sums[id.x]);
    }`;
  expect(await shaderErrors(device, code)).toEqual([]);
});

test('a wrong shader is named with its line', async () => {
  const [error] = await shaderErrors(device, 'fn a() -> f32 {\n  return 1u;\n}');
  expect(error).toMatch(/^line 2: .*u32/);
});

test('a barrier in a branch that may differ between invocations is an error', async () => {
  const code = `
    @compute @workgroup_size(64) fn main(@builtin(local_invocation_index) index: u32) {
      if (index > 3u) { workgroupBarrier(); }
    }`;
  expect((await shaderErrors(device, code)).join()).toContain('uniform');
});
