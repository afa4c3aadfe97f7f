/** Node gets WebGPU of the package `webgpu`, when it is first needed. */

import { afterEach, expect, test, vi } from 'vitest';
import { webGpu } from '../../../src/node/web-gpu.ts';

afterEach(() => vi.unstubAllGlobals());

test("a caller's own WebGPU is left alone", async () => {
  const own = { requestAdapter: async () => null };
  vi.stubGlobal('navigator', { gpu: own });
  expect(await webGpu()).toBe(own);
  expect(navigator.gpu).toBe(own);
});

test('the package becomes navigator.gpu, and its constants global', async () => {
  expect('GPUBufferUsage' in globalThis).toBe(false);
  const [gpu, again] = await Promise.all([webGpu(), webGpu()]);
  expect(again).toBe(gpu);
  expect(navigator.gpu).toBe(gpu);
  expect(GPUBufferUsage.STORAGE).toBe(0x80);
  expect(GPUShaderStage.COMPUTE).toBe(4);
});
