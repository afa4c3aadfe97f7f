/** The examples outside of a browser: each reads its digit and ends by itself. */

import { expect, inject, test } from 'vitest';
import { softwareVulkan } from '../support/software-vulkan.ts';
import { npmRun, run } from './process.ts';

const withGpu = await softwareVulkan();
/** No driver: what Vulkan's loader is told to take is not there. */
const withoutGpu = { VK_DRIVER_FILES: '/nonexistent.json', VK_ICD_FILENAMES: '/nonexistent.json' };

test('Node: on WebGPU, where there is an adapter', async ({ skip }) => {
  const answer = await npmRun('node', ['start'], withGpu);
  if (answer.includes('(cpu)')) skip('the package webgpu finds no adapter');
  expect(answer.trim()).toBe('This is a 7 (webgpu).');
});

test.runIf(process.platform === 'linux')('Node: on the CPU, where there is none', async () => {
  expect((await npmRun('node', ['start'], withoutGpu)).trim()).toBe('This is a 7 (cpu).');
});

test('Deno: on WebGPU, where there is an adapter', async ({ skip }) => {
  const answer = await npmRun('deno', ['start'], withGpu);
  if (answer.includes('(cpu)')) skip('Deno finds no adapter');
  expect(answer.trim()).toBe('This is a 7 (webgpu).');
});

test('Node without the package webgpu says what to install, or computes on the CPU', async () => {
  const program = (backend: string) => `
    import { InferenceSession } from 'wgconv';
    const model = new URL(import.meta.resolve('wgconv/models/lenet5/lenet5.onnx'));
    const session = await InferenceSession.create(model, { backend: '${backend}' });
    console.log(session.backend);`;
  const node = (backend: string) =>
    run(inject('bare'), [process.execPath, '--input-type=module', '-e', program(backend)]);

  const webgpu = await node('webgpu');
  expect(webgpu.status).toBe(1);
  expect(webgpu.stderr).toContain('Run "npm install webgpu"');
  expect(await node('auto')).toMatchObject({ status: 0, stdout: 'cpu\n' });
});
