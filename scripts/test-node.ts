/**
 * Runs the GPU tests in Node, through the npm package `webgpu`: on a machine's own GPU, or on the
 * Vulkan driver that VK_DRIVER_FILES names (lavapipe has float16 and subgroups, which the browser's
 * software adapters lack). Arguments go to vitest, for example a test file.
 *
 * Without an adapter it says so and is content.
 */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { create } from 'webgpu';

const gpu = create([]);
const adapter = await gpu.requestAdapter();
if (!adapter) {
  console.log('Skipped: the webgpu package finds no adapter (no libvulkan, or no driver for it).');
  process.exit(0);
}
const { vendor, architecture, description } = adapter.info;
const has = (feature: string) => adapter.features.has(feature as GPUFeatureName);
console.log(
  `Adapter: ${[vendor, architecture, description].filter(Boolean).join(', ')}; ` +
    `float16 ${has('shader-f16') ? 'yes' : 'no'}, subgroups ${has('subgroups') ? 'yes' : 'no'}`,
);

const root = resolve(import.meta.dirname, '..');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const args = [vitest, 'run', '--project', 'gpu-node', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
